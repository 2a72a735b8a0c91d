#include "py_common.h"

#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

#include "seg_status.h"

/* Seconds between two looks at signals and two calls of the progress callback. */
#define POLL_SECONDS 0.05

/* Seconds of a clock that nobody sets. */
static double
now(void)
{
#ifdef _WIN32
    LARGE_INTEGER ticks, a_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&a_second);
    return (double)ticks.QuadPart / (double)a_second.QuadPart;
#else
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}

static int
poll(void *user, double done)
{
    py_call *call = user;
    double time = now();
    if (time < call->next_poll) {
        return 0;
    }
    call->shown = done > call->shown ? done : call->shown;
    PyGILState_STATE gil = PyGILState_Ensure();
    int stop = PyErr_CheckSignals() != 0;
    if (!stop && call->progress != NULL) {
        PyObject *result = PyObject_CallFunction(call->progress, "d", call->shown);
        stop = result == NULL;
        Py_XDECREF(result);
    }
    PyGILState_Release(gil);
    call->next_poll = now() + POLL_SECONDS;
    return stop;
}

static int
level_of(py_state *state, const char *name, seg_level *level)
{
    *level = state->level;
    if (name[0] == '\0') {
        return 0;
    }
    for (int l = 0; l < SEG_LEVELS; l++) {
        if (strcmp(name, seg_level_name((seg_level)l)) == 0) {
            *level = (seg_level)l;
            if (*level <= seg_cpu_best_level()) {
                return 0;
            }
            PyErr_Format(PyExc_ValueError,
                         "segpy: level '%s' is above what this processor has; "
                         "the highest here is '%s'.",
                         name, seg_level_name(seg_cpu_best_level()));
            return -1;
        }
    }
    PyErr_Format(PyExc_ValueError, "segpy: the level must be 'base', 'v3' or 'v4'; got '%s'.",
                 name);
    return -1;
}

int
py_call_open(py_call *call, py_state *state, int n_threads, const char *level, PyObject *progress)
{
    memset(call, 0, sizeof *call);
    call->progress = progress == Py_None ? NULL : progress;
    call->next_poll = now() + POLL_SECONDS;
    call->ctx.n_threads = n_threads;
    call->ctx.poll = poll;
    call->ctx.user = call;
    return level_of(state, level, &call->ctx.level);
}

int
py_call_plain(py_call *call, PyTypeObject *type)
{
    return py_call_open(call, PyType_GetModuleState(type), 1, "", NULL);
}

const seg_context py_plain = {.allocator = NULL};

int
py_view(PyObject *obj, const char *name, int type, int optional, seg_len *n, const void **data)
{
    *data = NULL;
    if (optional && (obj == NULL || obj == Py_None)) {
        return 0;
    }
    if (!PyArray_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "_core: '%s' must be an ndarray; got %s.", name,
                     Py_TYPE(obj)->tp_name);
        return -1;
    }
    PyArrayObject *array = (PyArrayObject *)obj;
    if (PyArray_TYPE(array) != type || PyArray_NDIM(array) != 1 || !PyArray_ISCARRAY_RO(array)) {
        PyErr_Format(PyExc_TypeError,
                     "_core: '%s' must be a one-dimensional, contiguous, native array of its type.",
                     name);
        return -1;
    }
    seg_len length = (seg_len)PyArray_DIM(array, 0);
    if (*n >= 0 && length != *n) {
        PyErr_Format(PyExc_ValueError, "_core: '%s' must have %zd values; got %zd.", name,
                     (Py_ssize_t)*n, (Py_ssize_t)length);
        return -1;
    }
    *n = length;
    *data = PyArray_DATA(array);
    return 0;
}

/* The number type of a dtype, -1 if it is none of ours. */
static int
number_of(PyArrayObject *array)
{
    npy_intp size = PyArray_ITEMSIZE(array);
    int place = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    switch (PyArray_DESCR(array)->kind) {
    case 'f':
        return size == 8 ? SEG_F64 : size == 4 ? SEG_F32 : -1;
    case 'i':
        return (int)SEG_I8 + place;
    case 'u':
    case 'b':
        return (int)SEG_U8 + place;
    default:
        return -1;
    }
}

int
py_matrix(PyObject *obj, const char *name, seg_matrix *m)
{
    PyArrayObject *array = (PyArrayObject *)obj;
    if (!PyArray_Check(obj) || PyArray_NDIM(array) != 2 || number_of(array) < 0 ||
        !PyArray_ISNOTSWAPPED(array)) {
        PyErr_Format(PyExc_TypeError, "_core: '%s' must be a native two-dimensional ndarray.",
                     name);
        return -1;
    }
    *m = (seg_matrix){.n = (seg_len)PyArray_DIM(array, 0),
                      .d = (seg_len)PyArray_DIM(array, 1),
                      .type = (seg_number)number_of(array),
                      .data = PyArray_DATA(array),
                      .row_step = (seg_len)PyArray_STRIDE(array, 0),
                      .column_step = (seg_len)PyArray_STRIDE(array, 1)};
    return 0;
}

PyObject *
py_array(seg_len n, int type)
{
    npy_intp dims[1] = {(npy_intp)n};
    return PyArray_SimpleNew(1, dims, type);
}

void *
py_data(PyObject *array)
{
    return PyArray_DATA((PyArrayObject *)array);
}

PyObject *
py_copy(PyObject *array)
{
    return PyArray_NewCopy((PyArrayObject *)array, NPY_CORDER);
}

PyObject *
py_keep(PyObject *array)
{
    PyArrayObject *a = (PyArrayObject *)array;
    int kept = !PyArray_ISWRITEABLE(a) && PyCapsule_IsValid(PyArray_BASE(a), PY_BLOCK);
    return kept ? Py_NewRef(array) : py_copy(array);
}

/* Only a thread itself writes its own name, so any other value it reads means "not me". */
#if defined(_MSC_VER)
#define LOAD(word) (*(volatile unsigned long *)&(word))
#define STORE(word, value) (*(volatile unsigned long *)&(word) = (value))
#else
#define LOAD(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define STORE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELAXED)
#endif

int
py_lock_open(py_lock *lock)
{
    lock->lock = PyThread_allocate_lock();
    if (lock->lock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

void
py_lock_close(py_lock *lock)
{
    if (lock->lock != NULL) {
        PyThread_free_lock(lock->lock);
    }
}

int
py_lock_take(py_lock *lock, const char *what)
{
    if (LOAD(lock->owner) == PyThread_get_thread_ident()) {
        PyErr_Format(PyExc_RuntimeError,
                     "_core.%s: a progress callback or signal handler cannot use the state whose "
                     "call it interrupts; use another state.",
                     what);
        return -1;
    }
    PyLockStatus got;
    do {
        Py_BEGIN_ALLOW_THREADS
        got = PyThread_acquire_lock_timed(lock->lock, -1, 1);
        Py_END_ALLOW_THREADS
        if (got == PY_LOCK_INTR && PyErr_CheckSignals() < 0) {
            return -1;
        }
    } while (got != PY_LOCK_ACQUIRED);
    if (lock->broken) {
        PyThread_release_lock(lock->lock);
        PyErr_Format(PyExc_RuntimeError,
                     "_core.%s: an earlier call failed half way; make a new state.", what);
        return -1;
    }
    STORE(lock->owner, PyThread_get_thread_ident());
    return 0;
}

int
py_lock_take_both(py_lock *a, py_lock *b, const char *what)
{
    py_lock *first = a < b ? a : b, *second = a < b ? b : a;
    if (py_lock_take(first, what) < 0) {
        return -1;
    }
    if (py_lock_take(second, what) < 0) {
        py_lock_give(first, SEG_OK);
        return -1;
    }
    return 0;
}

void
py_lock_give(py_lock *lock, seg_status status)
{
    lock->broken |= status != SEG_OK;
    STORE(lock->owner, 0);
    PyThread_release_lock(lock->lock);
}

PyObject *
py_raise(seg_status status, seg_len row)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (status == SEG_ERR_NOMEM) {
        return PyErr_NoMemory();
    }
    if (status == SEG_ERR_CANCELLED) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        return NULL;
    }
    PyObject *args = Py_BuildValue("(sn)", seg_status_text(status), (Py_ssize_t)row);
    if (args != NULL) {
        PyErr_SetObject(PyExc_ValueError, args);
        Py_DECREF(args);
    }
    return NULL;
}
