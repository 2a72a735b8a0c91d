/* The room cluster: points, k-means, rows against centres, quality indices. */
#include "py_points.h"

#include "seg_indices.h"
#include "seg_kmeans.h"
#include "seg_nearest.h"
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

/* Parses x, centers (flat), n_threads, level, progress; the number of centres is *k. */
static int
parse_nearest(PyObject *module,
              PyObject *args,
              py_call *call,
              seg_matrix *x,
              const void **centers,
              seg_len *k)
{
    PyObject *x_obj, *centers_obj, *progress;
    int n_threads;
    const char *level;
    seg_len size = -1;
    if (!PyArg_ParseTuple(args, "OOisO", &x_obj, &centers_obj, &n_threads, &level, &progress) ||
        py_call_open(call, py_state_of(module), n_threads, level, progress) < 0 ||
        py_matrix(x_obj, "x", x) < 0 ||
        py_view(centers_obj, "centers", NPY_DOUBLE, 0, &size, centers) < 0) {
        return -1;
    }
    *k = x->d > 0 ? size / x->d : 0;
    if (*k < 1 || *k * x->d != size) {
        PyErr_SetString(PyExc_ValueError, "_core: 'centers' must have a value for every column.");
        return -1;
    }
    return 0;
}

static PyObject *
kmeans_label(PyObject *module, PyObject *args)
{
    seg_matrix x;
    const void *centers;
    seg_len k;
    py_call call;
    if (parse_nearest(module, args, &call, &x, &centers, &k) < 0) {
        return NULL;
    }
    PyObject *labels = py_array(x.n, NPY_INT32);
    if (labels == NULL) {
        return NULL;
    }
    int32_t *label = py_data(labels);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_nearest_label(&call.ctx, &x, centers, k, label, NULL);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(labels);
        return py_raise(status, -1);
    }
    return labels;
}

static PyObject *
kmeans_nearest(PyObject *module, PyObject *args)
{
    seg_matrix x;
    const void *centers;
    seg_len k;
    py_call call;
    if (parse_nearest(module, args, &call, &x, &centers, &k) < 0) {
        return NULL;
    }
    PyObject *labels = py_array(x.n, NPY_INT32), *squares = py_array(x.n, NPY_DOUBLE),
             *result = NULL;
    if (labels != NULL && squares != NULL) {
        int32_t *label = py_data(labels);
        double *square = py_data(squares);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_nearest_label(&call.ctx, &x, centers, k, label, square);
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
silhouette_of(const py_labelled *of, const int32_t *weight)
{
    seg_fault fault = {.row = -1};
    PyObject *samples = py_array(of->x.n, NPY_DOUBLE);
    if (samples == NULL) {
        return NULL;
    }
    double *to = py_data(samples);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status =
        seg_silhouette_weighted(&of->call.ctx, &of->x, weight, of->n_labels, of->label, to, &fault);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(samples);
        return py_raise(status, fault.row);
    }
    return samples;
}

static PyObject *
silhouette(PyObject *module, PyObject *args)
{
    py_labelled of;
    return labelled(module, args, &of) < 0 ? NULL : silhouette_of(&of, NULL);
}

/* As silhouette, the weights of the rows first. */
static PyObject *
silhouette_weighted(PyObject *module, PyObject *args)
{
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args)), *result = NULL;
    py_labelled of;
    const void *weight;
    if (rest != NULL && labelled(module, rest, &of) == 0 &&
        py_view(PyTuple_GET_ITEM(args, 0), "weight", NPY_INT32, 0, &of.x.n, &weight) == 0) {
        result = silhouette_of(&of, weight);
    }
    Py_XDECREF(rest);
    return result;
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

static PyObject *
kmeans_distances(PyObject *module, PyObject *args)
{
    seg_matrix x;
    const void *centers;
    seg_len k, cells;
    py_call call;
    if (parse_nearest(module, args, &call, &x, &centers, &k) < 0) {
        return NULL;
    }
    PyObject *distances =
        seg_mul_ok(x.n, k, &cells) ? py_array(cells, NPY_DOUBLE) : PyErr_NoMemory();
    if (distances == NULL) {
        return NULL;
    }
    double *to = py_data(distances);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_nearest_distances(&call.ctx, &x, centers, k, to);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(distances);
        return py_raise(status, -1);
    }
    return distances;
}

PyMethodDef py_cluster_methods[] = {
    {"silhouette", silhouette, METH_VARARGS,
     "silhouette(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "The silhouette of each row."},
    {"silhouette_weighted", silhouette_weighted, METH_VARARGS,
     "silhouette_weighted(weight, x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "The silhouette of each row, which stands for `weight` rows."},
    {"calinski_harabasz", calinski_harabasz, METH_VARARGS,
     "calinski_harabasz(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "(index, clusters, row, column): row and column of what is not finite, else -1."},
    {"davies_bouldin", davies_bouldin, METH_VARARGS,
     "davies_bouldin(x, labels, n_labels, n_threads, level, progress, /)\n--\n\n"
     "(index, clusters, row, column): row and column of what is not finite, else -1."},
    {"matrix_fault", matrix_fault, METH_VARARGS,
     "matrix_fault(x, /)\n--\n\n(row, column) of the first NaN or infinity, (-1, -1) if none."},
    {"kmeans_label", kmeans_label, METH_VARARGS,
     "kmeans_label(x, centers, n_threads, level, progress, /)\n--\n\n"
     "The nearest centre of each row."},
    {"kmeans_nearest", kmeans_nearest, METH_VARARGS,
     "kmeans_nearest(x, centers, n_threads, level, progress, /)\n--\n\n"
     "(labels, squares): the nearest centre of each row and the squared distance to it."},
    {"kmeans_distances", kmeans_distances, METH_VARARGS,
     "kmeans_distances(x, centers, n_threads, level, progress, /)\n--\n\n"
     "The distance of each row to each centre, flat."},
    {NULL, NULL, 0, NULL}};

/* ---- Points ---- */

static PyObject *
points_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"x", "weight", "progress", NULL};
    PyObject *x_obj, *weight_obj = Py_None, *progress = Py_None;
    seg_matrix x;
    const void *weight;
    py_call call;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO", words, &x_obj, &weight_obj, &progress) ||
        py_call_open(&call, PyType_GetModuleState(type), 1, "", progress) < 0 ||
        py_matrix(x_obj, "x", &x) < 0 ||
        py_view(weight_obj, "weight", NPY_DOUBLE, 1, &x.n, &weight) < 0) {
        return NULL;
    }
    py_points *self = (py_points *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->source = Py_NewRef(x_obj);
    self->weight = Py_NewRef(weight_obj);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_points_new(&call.ctx, &x, weight, &self->points);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(self);
        return py_raise(status, -1);
    }
    return (PyObject *)self;
}

static void
points_dealloc(PyObject *obj)
{
    py_points *self = (py_points *)obj;
    PyTypeObject *type = Py_TYPE(obj);
    seg_points_free(&py_plain, &self->points);
    Py_XDECREF(self->source);
    Py_XDECREF(self->weight);
    type->tp_free(obj);
    Py_DECREF(type);
}

/* A fit's arguments and what it found. */
typedef struct fit_call {
    py_call call;
    seg_kmeans_options options;
    const void *init;
    seg_kmeans_fitted fitted;
} fit_call;

static int
parse_fit(py_points *self, PyObject *args, fit_call *fit)
{
    Py_ssize_t k, starts, swaps;
    unsigned long long seed;
    int random, n_threads;
    const char *level;
    PyObject *init_obj, *progress;
    seg_len size = -1, cells;
    seg_kmeans_options *o = &fit->options;
    if (!PyArg_ParseTuple(args, "nnnidKpOisO", &k, &starts, &swaps, &o->max_iter, &o->tol, &seed,
                          &random, &init_obj, &n_threads, &level, &progress) ||
        py_call_open(&fit->call, PyType_GetModuleState(Py_TYPE(self)), n_threads, level, progress) <
            0 ||
        py_view(init_obj, "init", NPY_DOUBLE, 1, &size, &fit->init) < 0) {
        return -1;
    }
    o->k = k;
    o->starts = starts;
    o->swaps = swaps;
    o->seed = seed;
    o->seeding = random ? SEG_SEED_RANDOM : SEG_SEED_SPREAD;
    if (k < 1 || k > self->points.n || starts < 1 || o->max_iter < 1 ||
        (fit->init != NULL && (!seg_mul_ok(k * self->points.d, starts, &cells) || cells != size))) {
        (void)py_raise(SEG_ERR_ARG, -1);
        return -1;
    }
    return 0;
}

static PyObject *
points_kmeans(PyObject *obj, PyObject *args)
{
    py_points *self = (py_points *)obj;
    fit_call fit = {0};
    if (parse_fit(self, args, &fit) < 0) {
        return NULL;
    }
    PyObject *centers = py_array(fit.options.k * self->points.d, NPY_DOUBLE),
             *labels = py_array(self->points.n, NPY_INT32),
             *inertias = py_array(fit.options.starts, NPY_DOUBLE), *result = NULL;
    if (centers != NULL && labels != NULL && inertias != NULL) {
        double *to_centers = py_data(centers), *to_inertias = py_data(inertias);
        int32_t *to_labels = py_data(labels);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_kmeans_fit(&fit.call.ctx, &self->points, &fit.options, fit.init, to_centers,
                                to_labels, to_inertias, &fit.fitted);
        Py_END_ALLOW_THREADS
        result = status == SEG_OK
                     ? Py_BuildValue("(OOOdiN)", centers, labels, inertias, fit.fitted.inertia,
                                     fit.fitted.n_iter, PyBool_FromLong(fit.fitted.converged))
                     : py_raise(status, -1);
    }
    Py_XDECREF(centers);
    Py_XDECREF(labels);
    Py_XDECREF(inertias);
    return result;
}

static PyObject *
points_count(PyObject *obj, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t((Py_ssize_t)((py_points *)obj)->points.m);
}

static PyObject *
points_distinct(PyObject *obj, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((py_points *)obj)->points.distinct);
}

static PyObject *
points_scale(PyObject *obj, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble(((py_points *)obj)->points.scale);
}

static PyMethodDef points_methods[] = {
    {"kmeans", points_kmeans, METH_VARARGS,
     "kmeans($self, k, starts, swaps, max_iter, tol, seed, random, init, n_threads, level, "
     "progress, /)\n--\n\n(centers, labels, inertias, inertia, n_iter, converged)"},
    {"rows", py_points_rows, METH_NOARGS,
     "rows($self, /)\n--\n\n(rows, weights) of the points, scaled by a power of two."},
    {"place", py_points_place, METH_NOARGS,
     "place($self, /)\n--\n\nThe point of each row; None where row i is point i."},
    {"portrait", py_points_portrait, METH_VARARGS,
     "portrait($self, centers, n_threads, level, progress, /)\n--\n\n"
     "(labels, weight, radius, scatter, along) of the clusters around centres; see "
     "seg_portrait.h."},
    {"seeds", py_points_seeds, METH_VARARGS,
     "seeds($self, k, starts, seed, n_threads, level, progress, /)\n--\n\n"
     "The centres `kmeans` starts from, those of a smaller k in front."},
    {"inertias", py_points_inertias, METH_VARARGS,
     "inertias($self, ks, starts, max_iter, tol, seed, n_threads, level, progress, /)\n--\n\n"
     "The inertia at each k, from one seeding."},
    {"pairs", py_points_pairs, METH_VARARGS,
     "pairs($self, ks, starts, max_iter, tol, seed, n_pairs, n_drawn, n_threads, level, progress, "
     "/)\n--\n\nThe adjusted Rand index of fits of two resamples, a pair after the other."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef points_values[] = {
    {"count", points_count, NULL, "The number of points.", NULL},
    {"scale", points_scale, NULL, "The power of two numbers are held times.", NULL},
    {"distinct", points_distinct, NULL, "Whether equal rows were folded into one point.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot points_slots[] = {
    {Py_tp_doc, "Points(x, weight=None, progress=None)\n--\n\nRows packed for k-means."},
    {Py_tp_new, (void *)points_new},
    {Py_tp_dealloc, (void *)points_dealloc},
    {Py_tp_methods, points_methods},
    {Py_tp_getset, points_values},
    {0, NULL}};

PyType_Spec py_points_spec = {.name = "segpy._core.Points",
                              .basicsize = sizeof(py_points),
                              .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                              .slots = points_slots};
