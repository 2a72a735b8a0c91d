/* What every binding file needs: array views, the context of a call, statuses as exceptions. */
#ifndef PY_COMMON_H
#define PY_COMMON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL segpy_ARRAY_API
#ifndef PY_COMMON_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "seg_matrix.h"

/* State of the module, one for each interpreter's copy. */
typedef struct py_state {
    seg_level level; /* chosen once at import */
    PyObject *rfm_type, *moments_type, *points_type, *recommender_type;
} py_state;

/* A context with what its poll needs. Lives on the stack of one call. */
typedef struct py_call {
    seg_context ctx;
    PyObject *progress; /* borrowed; NULL or None: no callback */
    double next_poll;   /* monotonic seconds */
    double shown;       /* the greatest share so far: the callback never sees it fall */
} py_call;

/* Fills the call from the words every function takes: n_threads, level (empty: the module's) and
 * progress. -1 with an exception set if one is wrong. */
int
py_call_open(py_call *call, py_state *state, int n_threads, const char *level, PyObject *progress);

/* The same for a method that takes none of these words. */
int py_call_plain(py_call *call, PyTypeObject *type);

/* What gives back memory that outlives a call: malloc's, without a poll. */
extern const seg_context py_plain;

/* The data of a one-dimensional, aligned, C-contiguous array of exactly this type, else an
 * exception that names it. NULL obj or None gives NULL without an exception if `optional`. *n < 0
 * takes the length, otherwise it must agree. The array is the owner: the caller keeps a reference.
 */
int py_view(PyObject *obj, const char *name, int type, int optional, seg_len *n, const void **data);

/* A two-dimensional array of any number type and strides as a matrix. The array is the owner. */
int py_matrix(PyObject *obj, const char *name, seg_matrix *m);

/* A new one-dimensional array, NULL with an exception set. */
PyObject *py_array(seg_len n, int type);
void *py_data(PyObject *array);

/* A copy of an array, for kernels that look at a value more than once: no other thread can change
 * it between the look that checks and the look that uses. NULL with an exception set. */
PyObject *py_copy(PyObject *array);

/* Kernels' blocks become read-only arrays whose base is a capsule of this name: nobody can make
 * them writeable again. */
#define PY_BLOCK "segpy.block"

/* Such an array itself, of anything else a copy. */
PyObject *py_keep(PyObject *array);

/* Keeps a state to one call at a time. Zeroed memory, then py_lock_open. */
typedef struct py_lock {
    PyThread_type_lock lock;
    unsigned long owner; /* the thread that holds it, 0: none; py_common.c reads it atomically */
    int broken;          /* a call failed half way: the state may only be freed */
} py_lock;

/* -1 with an exception set if there is no memory. Ended by py_lock_close. */
int py_lock_open(py_lock *lock);
void py_lock_close(py_lock *lock);

/* Takes the state `what` for this call. Waits without the GIL; a signal whose handler raises ends
 * the wait. -1 with an exception set, which is a RuntimeError if this very thread holds it (a
 * progress callback or a signal handler uses the state of the call it interrupts) or if the state
 * is broken. */
int py_lock_take(py_lock *lock, const char *what);

/* Takes two states in the order of their addresses, so that two calls cannot wait for each other;
 * both or, with an exception set, none. */
int py_lock_take_both(py_lock *a, py_lock *b, const char *what);

/* Gives it back; any status but SEG_OK breaks the state. */
void py_lock_give(py_lock *lock, seg_status status);

/* Sets the exception of a status that is not SEG_OK and returns NULL. Faults become a ValueError
 * whose args are (words, row). An exception that is already set stays. */
PyObject *py_raise(seg_status status, seg_len row);

/* py_strings.c: lends the texts of a sequence of str (an object array) or of an Arrow string column
 * (an object with __arrow_c_stream__). */
struct py_texts;
struct py_texts *py_texts_open(PyObject *source);
const struct seg_texts *py_texts_of(struct py_texts *texts);
void py_texts_close(struct py_texts *texts);

/* The rooms' functions, gathered by py_module.c. */
extern PyMethodDef py_lines_methods[], py_customer_methods[], py_cluster_methods[],
    py_decomposition_methods[], py_basket_methods[], py_rules_methods[], py_listings_methods[];
extern PyType_Spec py_rfm_spec, py_moments_spec, py_points_spec, py_recommender_spec;
py_state *py_state_of(PyObject *module);

#endif
