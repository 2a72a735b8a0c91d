/* The room cluster: k-means, quality indices. */
#include "py_common.h"

#include "seg_indices.h"
#include "seg_kmeans.h"
#include "seg_silhouette.h"

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

/* ---- indices ---- */

/* x and the labels of its rows: what every index is computed from. */
typedef struct py_labelled {
    py_call call;
    seg_matrix x;
    const void *label;
    Py_ssize_t n_labels;
} py_labelled;

static int
labelled(PyObject *module, PyObject *args, py_labelled *of)
{
    PyObject *x_obj, *label_obj, *progress;
    int n_threads;
    const char *level;
    if (!PyArg_ParseTuple(args, "OOnisO", &x_obj, &label_obj, &of->n_labels, &n_threads, &level,
                          &progress) ||
        py_call_open(&of->call, py_state_of(module), n_threads, level, progress) < 0 ||
        py_matrix(x_obj, "x", &of->x) < 0) {
        return -1;
    }
    return py_view(label_obj, "labels", NPY_INT32, 0, &of->x.n, &of->label);
}

static PyObject *
silhouette(PyObject *module, PyObject *args)
{
    py_labelled of;
    seg_fault fault = {.row = -1};
    if (labelled(module, args, &of) < 0) {
        return NULL;
    }
    PyObject *samples = py_array(of.x.n, NPY_DOUBLE);
    if (samples == NULL) {
        return NULL;
    }
    double *to = py_data(samples);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_silhouette(&of.call.ctx, &of.x, of.n_labels, of.label, to, &fault);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(samples);
        return py_raise(status, fault.row);
    }
    return samples;
}

typedef seg_status (*index_kernel)(
    const seg_context *, const seg_matrix *, seg_len, const int32_t *, seg_index *);

static PyObject *
index_by(index_kernel kernel, PyObject *module, PyObject *args)
{
    py_labelled of;
    seg_index index;
    if (labelled(module, args, &of) < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = kernel(&of.call.ctx, &of.x, of.n_labels, of.label, &index);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK && index.column < 0) {
        return py_raise(status, index.row);
    }
    return Py_BuildValue("(dnnn)", index.value, (Py_ssize_t)index.n_clusters, (Py_ssize_t)index.row,
                         (Py_ssize_t)index.column);
}

static PyObject *
calinski_harabasz(PyObject *module, PyObject *args)
{
    return index_by(seg_calinski_harabasz, module, args);
}

static PyObject *
davies_bouldin(PyObject *module, PyObject *args)
{
    return index_by(seg_davies_bouldin, module, args);
}

PyMethodDef py_cluster_methods[] = {
    {"silhouette", silhouette, METH_VARARGS,
     "silhouette(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "The silhouette of each row."},
    {"calinski_harabasz", calinski_harabasz, METH_VARARGS,
     "calinski_harabasz(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "(index, clusters, row, column): row and column of what is not finite, else -1."},
    {"davies_bouldin", davies_bouldin, METH_VARARGS,
     "davies_bouldin(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "(index, clusters, row, column): row and column of what is not finite, else -1."},
    {"matrix_fault", matrix_fault, METH_VARARGS,
     "matrix_fault(x, /)\n--\n\n(row, column) of the first NaN or infinity, (-1, -1) if none."},
    {"kmeans_nearest", kmeans_nearest, METH_VARARGS,
     "kmeans_nearest(x, centers, /)\n--\n\n"
     "(labels, squares): the nearest centre of each row and the squared distance to it."},
    {NULL, NULL, 0, NULL}};
