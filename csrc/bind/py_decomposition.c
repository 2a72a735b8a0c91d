/* The room decomposition: moments of columns, places along components. */
#include "py_common.h"

#include "seg_moments.h"
#include "seg_scores.h"

static PyObject *
scores(PyObject *module, PyObject *args)
{
    PyObject *x_obj, *part[4];
    const void *mean, *directions, *less, *scale;
    int floats, n_threads;
    const char *level;
    seg_matrix x, rows;
    seg_len k = -1;
    py_call call;
    if (!PyArg_ParseTuple(args, "OOOOOpis", &x_obj, &part[0], &part[1], &part[2], &part[3], &floats,
                          &n_threads, &level) ||
        py_call_open(&call, py_state_of(module), n_threads, level, NULL) < 0 ||
        py_matrix(x_obj, "x", &x) < 0 || py_view(part[0], "mean", NPY_DOUBLE, 0, &x.d, &mean) < 0 ||
        py_matrix(part[1], "directions", &rows) < 0 ||
        py_view(part[2], "less", NPY_DOUBLE, 0, &k, &less) < 0 ||
        py_view(part[3], "scale", NPY_DOUBLE, 0, &k, &scale) < 0) {
        return NULL;
    }
    if (rows.n != k || rows.d != x.d || rows.type != SEG_F64 ||
        !PyArray_ISCARRAY_RO((PyArrayObject *)part[1])) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    directions = rows.data;
    npy_intp shape[2] = {(npy_intp)x.n, (npy_intp)k};
    PyObject *result = PyArray_SimpleNew(2, shape, floats ? NPY_FLOAT : NPY_DOUBLE);
    if (result == NULL) {
        return NULL;
    }
    seg_axes axes = {
        .d = x.d, .k = k, .mean = mean, .directions = directions, .less = less, .scale = scale};
    void *to = py_data(result);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_scores(&call.ctx, &x, &axes, floats, to);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(result);
        return py_raise(status, -1);
    }
    return result;
}

PyMethodDef py_decomposition_methods[] = {
    {"scores", scores, METH_VARARGS,
     "scores(x, mean, directions, less, scale, floats, n_threads, level, /)\n--\n\n"
     "Places of rows along directions: ((x - mean) @ directions.T - less) / scale."},
    {NULL, NULL, 0, NULL}};

/* ---- moments: a state that only one call at a time may use ---- */

typedef struct py_moments {
    PyObject_HEAD
    seg_moments *state;
    py_lock lock;
} py_moments;

static PyObject *
moments_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t d;
    py_call call;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "_core.Moments: no argument has a name.");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "n", &d) || py_call_plain(&call, type) < 0) {
        return NULL;
    }
    py_moments *self = (py_moments *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if (py_lock_open(&self->lock) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_moments_new(&call.ctx, d, &self->state);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(self);
        return py_raise(status, -1);
    }
    return (PyObject *)self;
}

static void
moments_dealloc(PyObject *obj)
{
    py_moments *self = (py_moments *)obj;
    PyTypeObject *type = Py_TYPE(obj);
    seg_moments_free(&py_plain, self->state);
    py_lock_close(&self->lock);
    type->tp_free(obj);
    Py_DECREF(type);
}

static int
same_columns(seg_len wanted, seg_len got)
{
    if (wanted != got) {
        PyErr_Format(PyExc_ValueError, "_core.Moments: the state has %zd columns; got %zd.",
                     (Py_ssize_t)wanted, (Py_ssize_t)got);
    }
    return wanted == got;
}

static PyObject *
moments_add(PyObject *obj, PyObject *args)
{
    py_moments *self = (py_moments *)obj;
    PyObject *x_obj, *progress;
    seg_matrix x;
    int n_threads;
    const char *level;
    py_call call;
    if (!PyArg_ParseTuple(args, "OisO", &x_obj, &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(obj)), n_threads, level, progress) < 0 ||
        py_matrix(x_obj, "x", &x) < 0 || !same_columns(seg_moments_columns(self->state), x.d) ||
        py_lock_take(&self->lock, "Moments") < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_moments_add(&call.ctx, self->state, &x);
    Py_END_ALLOW_THREADS
    py_lock_give(&self->lock, status);
    return status == SEG_OK ? Py_NewRef(Py_None) : py_raise(status, -1);
}

static PyObject *
moments_merge(PyObject *obj, PyObject *args)
{
    py_moments *self = (py_moments *)obj, *other;
    PyObject *other_obj;
    py_call call;
    if (!PyArg_ParseTuple(args, "O!", Py_TYPE(obj), &other_obj) ||
        py_call_plain(&call, Py_TYPE(obj)) < 0) {
        return NULL;
    }
    other = (py_moments *)other_obj;
    if (other == self) {
        PyErr_SetString(PyExc_ValueError, "_core.Moments: a state cannot be merged into itself.");
        return NULL;
    }
    if (!same_columns(seg_moments_columns(self->state), seg_moments_columns(other->state))) {
        return NULL;
    }
    if (py_lock_take_both(&self->lock, &other->lock, "Moments") < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_moments_merge(&call.ctx, self->state, other->state);
    Py_END_ALLOW_THREADS
    py_lock_give(&other->lock, SEG_OK);
    py_lock_give(&self->lock, status);
    return status == SEG_OK ? Py_NewRef(Py_None) : py_raise(status, -1);
}

static PyObject *
moments_read(PyObject *obj, PyObject *Py_UNUSED(unused))
{
    py_moments *self = (py_moments *)obj;
    seg_len d = seg_moments_columns(self->state);
    npy_intp square[2] = {(npy_intp)d, (npy_intp)d};
    py_call call;
    if (py_call_plain(&call, Py_TYPE(obj)) < 0) {
        return NULL;
    }
    PyObject *pivot = py_array(d, NPY_DOUBLE), *offset = py_array(d, NPY_DOUBLE);
    PyObject *scatter = PyArray_SimpleNew(2, square, NPY_DOUBLE), *result = NULL;
    if (pivot != NULL && offset != NULL && scatter != NULL &&
        py_lock_take(&self->lock, "Moments") == 0) {
        long long rows = seg_moments_rows(self->state);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_moments_read(&call.ctx, self->state, py_data(pivot), py_data(offset),
                                  py_data(scatter));
        Py_END_ALLOW_THREADS
        py_lock_give(&self->lock, SEG_OK);
        result = status != SEG_OK ? py_raise(status, -1)
                                  : Py_BuildValue("(LOOO)", rows, pivot, offset, scatter);
    }
    Py_XDECREF(pivot);
    Py_XDECREF(offset);
    Py_XDECREF(scatter);
    return result;
}

static PyObject *
moments_load(PyObject *obj, PyObject *args)
{
    py_moments *self = (py_moments *)obj;
    PyObject *part[3];
    const void *pivot, *offset;
    seg_matrix scatter;
    seg_len d = seg_moments_columns(self->state);
    long long rows;
    py_call call;
    if (!PyArg_ParseTuple(args, "LOOO", &rows, &part[0], &part[1], &part[2]) ||
        py_call_plain(&call, Py_TYPE(obj)) < 0 ||
        py_view(part[0], "pivot", NPY_DOUBLE, 0, &d, &pivot) < 0 ||
        py_view(part[1], "offset", NPY_DOUBLE, 0, &d, &offset) < 0 ||
        py_matrix(part[2], "scatter", &scatter) < 0 || !same_columns(d, scatter.d) ||
        !same_columns(d, scatter.n)) {
        return NULL;
    }
    if (rows < 0 || scatter.type != SEG_F64 || !PyArray_ISCARRAY_RO((PyArrayObject *)part[2])) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    if (py_lock_take(&self->lock, "Moments") < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_moments_load(&call.ctx, self->state, rows, pivot, offset, py_data(part[2]));
    Py_END_ALLOW_THREADS
    py_lock_give(&self->lock, status);
    return status == SEG_OK ? Py_NewRef(Py_None) : py_raise(status, -1);
}

static PyMethodDef moments_methods[] = {
    {"add", moments_add, METH_VARARGS,
     "add($self, x, n_threads, level, progress, /)\n--\n\nAdd the rows of a matrix."},
    {"merge", moments_merge, METH_VARARGS,
     "merge($self, other, /)\n--\n\nAdd what another state of as many columns has seen."},
    {"read", moments_read, METH_NOARGS,
     "read($self, /)\n--\n\n(rows, pivot, offset, scatter): the mean is pivot + offset."},
    {"load", moments_load, METH_VARARGS,
     "load($self, rows, pivot, offset, scatter, /)\n--\n\nBecome what was read."},
    {NULL, NULL, 0, NULL}};

static char moments_doc[] =
    "Moments(n_columns, /)\n--\n\nRows, means and centred sums of products of columns.";

static PyType_Slot moments_slots[] = {{Py_tp_doc, moments_doc},
                                      {Py_tp_new, moments_new},
                                      {Py_tp_dealloc, moments_dealloc},
                                      {Py_tp_methods, moments_methods},
                                      {0, NULL}};

PyType_Spec py_moments_spec = {.name = "segpy._core.Moments",
                               .basicsize = sizeof(py_moments),
                               .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                               .slots = moments_slots};
