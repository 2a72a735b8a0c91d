/* The room cluster: k-means, quality indices. */
#include "py_common.h"

#include "seg_kmeans.h"

static PyObject *
matrix_fault(PyObject *module, PyObject *args)
{
    PyObject *x_obj;
    seg_matrix x;
    seg_len row, column;
    py_call call;
    if (!PyArg_ParseTuple(args, "O", &x_obj) ||
        py_call_open(&call, py_state_of(module), 1, "", NULL) < 0 ||
        py_matrix(x_obj, "x", &x) < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_matrix_fault(&call.ctx, &x, &row, &column);
    Py_END_ALLOW_THREADS
    return status == SEG_OK ? Py_BuildValue("(nn)", (Py_ssize_t)row, (Py_ssize_t)column)
                            : py_raise(status, -1);
}

static PyObject *
kmeans_nearest(PyObject *module, PyObject *args)
{
    PyObject *x_obj, *centers_obj;
    seg_matrix x, centers;
    py_call call;
    if (!PyArg_ParseTuple(args, "OO", &x_obj, &centers_obj) ||
        py_call_open(&call, py_state_of(module), 1, "", NULL) < 0 ||
        py_matrix(x_obj, "x", &x) < 0 || py_matrix(centers_obj, "centers", &centers) < 0) {
        return NULL;
    }
    PyObject *labels = py_array(x.n, NPY_INT32), *squares = py_array(x.n, NPY_DOUBLE),
             *result = NULL;
    if (labels != NULL && squares != NULL) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_kmeans_nearest(&call.ctx, &x, &centers, py_data(labels), py_data(squares));
        Py_END_ALLOW_THREADS
        result = status == SEG_OK ? PyTuple_Pack(2, labels, squares) : py_raise(status, -1);
    }
    Py_XDECREF(labels);
    Py_XDECREF(squares);
    return result;
}

PyMethodDef py_cluster_methods[] = {
    {"matrix_fault", matrix_fault, METH_VARARGS,
     "matrix_fault(x, /)\n--\n\n(row, column) of the first NaN or infinity, (-1, -1) if none."},
    {"kmeans_nearest", kmeans_nearest, METH_VARARGS,
     "kmeans_nearest(x, centers, /)\n--\n\n"
     "(labels, squares): the nearest centre of each row and the squared distance to it."},
    {NULL, NULL, 0, NULL}};
