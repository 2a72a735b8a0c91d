/* The room cluster, for the choice of k: points looked at, fitted for many k, drawn again. */
#include "py_points.h"

#include <string.h>

#include "seg_portrait.h"
#include "seg_resample.h"
#include "seg_seed.h"

PyObject *
py_points_rows(PyObject *obj, PyObject *Py_UNUSED(args))
{
    const seg_points *p = &((py_points *)obj)->points;
    PyObject *rows = py_array(p->m * p->d, NPY_DOUBLE), *weight = py_array(p->m, NPY_DOUBLE),
             *result = NULL;
    if (rows != NULL && weight != NULL) {
        double *to_rows = py_data(rows), *to_weight = py_data(weight);
        Py_BEGIN_ALLOW_THREADS
        seg_portrait_rows(p, to_rows, to_weight);
        Py_END_ALLOW_THREADS
        result = PyTuple_Pack(2, rows, weight);
    }
    Py_XDECREF(rows);
    Py_XDECREF(weight);
    return result;
}

PyObject *
py_points_place(PyObject *obj, PyObject *Py_UNUSED(args))
{
    const seg_points *p = &((py_points *)obj)->points;
    if (p->place == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *place = py_array(p->n, NPY_INT32);
    if (place != NULL) {
        memcpy(py_data(place), p->place, (size_t)p->n * sizeof *p->place);
    }
    return place;
}

PyObject *
py_points_portrait(PyObject *obj, PyObject *args)
{
    py_points *self = (py_points *)obj;
    PyObject *centers_obj, *progress, *result = NULL;
    int n_threads;
    const char *level;
    const void *centers;
    seg_len size = -1, d = self->points.d, cells;
    py_call call;
    if (!PyArg_ParseTuple(args, "OisO", &centers_obj, &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(self)), n_threads, level, progress) < 0 ||
        py_view(centers_obj, "centers", NPY_DOUBLE, 0, &size, &centers) < 0) {
        return NULL;
    }
    seg_len k = size / d;
    if (k < 1 || k * d != size || !seg_mul_ok(k, k, &cells)) {
        PyErr_SetString(PyExc_ValueError, "_core: 'centers' must have a value for every column.");
        return NULL;
    }
    PyObject *labels = py_array(self->points.m, NPY_INT32), *weight = py_array(k, NPY_DOUBLE),
             *radius = py_array(k, NPY_DOUBLE), *scatter = py_array(k, NPY_DOUBLE),
             *along = py_array(cells, NPY_DOUBLE);
    if (labels != NULL && weight != NULL && radius != NULL && scatter != NULL && along != NULL) {
        int32_t *to_labels = py_data(labels);
        double *to_weight = py_data(weight), *to_radius = py_data(radius),
               *to_scatter = py_data(scatter), *to_along = py_data(along);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_portrait(&call.ctx, &self->points, k, centers, to_labels, to_weight, to_radius,
                              to_scatter, to_along);
        Py_END_ALLOW_THREADS
        result = status == SEG_OK ? PyTuple_Pack(5, labels, weight, radius, scatter, along)
                                  : py_raise(status, -1);
    }
    Py_XDECREF(labels);
    Py_XDECREF(weight);
    Py_XDECREF(radius);
    Py_XDECREF(scatter);
    Py_XDECREF(along);
    return result;
}

/* The plan of a sweep from its words; -1 with an exception set. */
static int
read_plan(seg_resample_plan *plan, PyObject *ks, Py_ssize_t starts, unsigned long long seed)
{
    const void *data;
    plan->n_ks = -1;
    if (py_view(ks, "ks", NPY_INT32, 0, &plan->n_ks, &data) < 0) {
        return -1;
    }
    plan->ks = data;
    plan->starts = starts;
    plan->seed = seed;
    return 0;
}

PyObject *
py_points_seeds(PyObject *obj, PyObject *args)
{
    py_points *self = (py_points *)obj;
    PyObject *progress;
    Py_ssize_t k, starts;
    unsigned long long seed;
    int n_threads;
    const char *level;
    seg_len cells;
    py_call call;
    if (!PyArg_ParseTuple(args, "nnKisO", &k, &starts, &seed, &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(self)), n_threads, level, progress) < 0) {
        return NULL;
    }
    if (!seg_mul_ok(k, self->points.d, &cells) || !seg_mul_ok(cells, starts, &cells)) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    PyObject *centers = py_array(cells, NPY_DOUBLE);
    if (centers == NULL) {
        return NULL;
    }
    double *to = py_data(centers);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_seed_starts(&call.ctx, &self->points, k, starts, SEG_SEED_SPREAD, seed, to);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(centers);
        return py_raise(status, -1);
    }
    return centers;
}

PyObject *
py_points_inertias(PyObject *obj, PyObject *args)
{
    py_points *self = (py_points *)obj;
    PyObject *ks, *progress;
    Py_ssize_t starts;
    unsigned long long seed;
    int n_threads;
    const char *level;
    seg_resample_plan plan = {0};
    py_call call;
    if (!PyArg_ParseTuple(args, "OnidKisO", &ks, &starts, &plan.max_iter, &plan.tol, &seed,
                          &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(self)), n_threads, level, progress) < 0 ||
        read_plan(&plan, ks, starts, seed) < 0) {
        return NULL;
    }
    PyObject *inertias = py_array(plan.n_ks, NPY_DOUBLE);
    if (inertias == NULL) {
        return NULL;
    }
    double *to = py_data(inertias);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_resample_inertias(&call.ctx, &self->points, &plan, to);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(inertias);
        return py_raise(status, -1);
    }
    return inertias;
}

PyObject *
py_points_pairs(PyObject *obj, PyObject *args)
{
    py_points *self = (py_points *)obj;
    PyObject *ks, *progress;
    Py_ssize_t starts, n_pairs, n_drawn;
    unsigned long long seed;
    int n_threads;
    const char *level;
    seg_resample_plan plan = {0};
    seg_len cells;
    py_call call;
    if (!PyArg_ParseTuple(args, "OnidKnnisO", &ks, &starts, &plan.max_iter, &plan.tol, &seed,
                          &n_pairs, &n_drawn, &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(self)), n_threads, level, progress) < 0 ||
        read_plan(&plan, ks, starts, seed) < 0) {
        return NULL;
    }
    if (n_pairs < 0 || !seg_mul_ok(n_pairs, plan.n_ks, &cells)) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    PyObject *rand = py_array(cells, NPY_DOUBLE);
    if (rand == NULL) {
        return NULL;
    }
    double *to = py_data(rand);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_resample_pairs(&call.ctx, &self->points, &plan, n_pairs, n_drawn, to);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(rand);
        return py_raise(status, -1);
    }
    return rand;
}
