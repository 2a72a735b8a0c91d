/* Points as Python holds them: packed once, then read by any number of calls at once. */
#ifndef PY_POINTS_H
#define PY_POINTS_H

#include "py_common.h"

#include "seg_points.h"

typedef struct py_points {
    PyObject_HEAD
    PyObject *source, *weight; /* the arrays whose rows and numbers the points may be */
    seg_points points;
} py_points;

/* py_choose.c: methods of Points that look at many clusterings. */
PyObject *py_points_rows(PyObject *self, PyObject *args);
PyObject *py_points_place(PyObject *self, PyObject *args);
PyObject *py_points_portrait(PyObject *self, PyObject *args);
PyObject *py_points_seeds(PyObject *self, PyObject *args);
PyObject *py_points_inertias(PyObject *self, PyObject *args);
PyObject *py_points_pairs(PyObject *self, PyObject *args);

#endif
