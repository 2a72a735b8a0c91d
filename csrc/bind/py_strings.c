/* The one file that lends the characters of Python strings and of Arrow columns to kernels. */
#include "py_common.h"

#include <string.h>

#include "seg_arrow.h"

/* Arrow's stream of chunks, as its specification lays it out. */
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

struct py_texts {
    seg_texts texts;
    seg_arrow column;                /* of an Arrow column */
    struct ArrowArray *chunks;       /* owned */
    PyObject *objects;               /* an object array, owned; NULL for Arrow */
    PyObject *held[SEG_TEXTS_BLOCK]; /* the strings now lent, owned */
    seg_len n_held;
};

static void
let_go(struct py_texts *t)
{
    for (seg_len i = 0; i < t->n_held; i++) {
        Py_DECREF(t->held[i]);
    }
    t->n_held = 0;
}

/* One object as a text: str, or None and NaN as missing. */
static int
text_of(PyObject *obj, seg_len row, seg_text *out)
{
    if (PyUnicode_Check(obj)) {
        Py_ssize_t length;
        out->data = PyUnicode_AsUTF8AndSize(obj, &length);
        out->length = (seg_len)length;
        return out->data != NULL ? 0 : -1;
    }
    *out = (seg_text){.data = NULL, .length = -1};
    if (obj == Py_None ||
        (PyFloat_Check(obj) && PyFloat_AS_DOUBLE(obj) != PyFloat_AS_DOUBLE(obj))) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "_core: row %zd of a text column must be str; got %s.",
                 (Py_ssize_t)row, Py_TYPE(obj)->tp_name);
    return -1;
}

/* Lends a block of an object array. The kernel runs without the GIL: it is taken for the block
 * only, and a reference to every string lent is held until the next one. Without a GIL the rule of
 * NumPy holds: elements have no lock, so an object array must not be written while it is read. */
static seg_status
lend_objects(void *user, seg_len start, seg_len m, seg_text *out)
{
    struct py_texts *t = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject **from = (PyObject **)PyArray_DATA((PyArrayObject *)t->objects) + start;
    int wrong = 0;
    let_go(t);
    for (seg_len i = 0; i < m && !wrong; i++) {
        PyObject *obj = from[i] == NULL ? Py_None : from[i];
        Py_INCREF(obj);
        t->held[t->n_held++] = obj;
        wrong = text_of(obj, start + i, &out[i]);
    }
    PyGILState_Release(gil);
    return wrong ? SEG_ERR_TEXT : SEG_OK;
}

static int
open_objects(struct py_texts *t, PyObject *source)
{
    PyArrayObject *array = (PyArrayObject *)source;
    if (PyArray_TYPE(array) != NPY_OBJECT || PyArray_NDIM(array) != 1 ||
        !PyArray_ISCARRAY_RO(array)) {
        PyErr_SetString(PyExc_TypeError,
                        "_core: texts must be a contiguous object array or an Arrow column.");
        return -1;
    }
    Py_INCREF(source);
    t->objects = source;
    t->texts = (seg_texts){.n = (seg_len)PyArray_DIM(array, 0), .lend = lend_objects, .user = t};
    return 0;
}

/* Takes the chunks out of a stream. */
static int
take_chunks(struct py_texts *t, struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema;
    if (stream->get_schema(stream, &schema) != 0) {
        PyErr_SetString(PyExc_ValueError, "_core: the Arrow stream gave no schema.");
        return -1;
    }
    int known = schema.dictionary == NULL && seg_arrow_kind_of(schema.format, &t->column.kind);
    schema.release(&schema);
    if (!known) {
        PyErr_SetString(PyExc_TypeError, "_core: the Arrow column must hold strings.");
        return -1;
    }
    for (seg_len n = 0;; n++) {
        struct ArrowArray chunk;
        if (stream->get_next(stream, &chunk) != 0) {
            PyErr_SetString(PyExc_ValueError, "_core: the Arrow stream gave no chunk.");
            return -1;
        }
        if (chunk.release == NULL) {
            break;
        }
        struct ArrowArray *more = PyMem_Realloc(t->chunks, (size_t)(n + 1) * sizeof *more);
        if (more == NULL) {
            chunk.release(&chunk);
            PyErr_NoMemory();
            return -1;
        }
        t->chunks = more;
        t->chunks[n] = chunk;
        t->column.n_chunks = n + 1;
    }
    t->column.chunks = t->chunks;
    t->texts = seg_arrow_texts(&t->column);
    return 0;
}

static int
open_stream(struct py_texts *t, PyObject *source)
{
    PyObject *capsule = PyObject_CallMethod(source, "__arrow_c_stream__", NULL);
    if (capsule == NULL) {
        return -1;
    }
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    int wrong = stream == NULL ? -1 : take_chunks(t, stream);
    Py_DECREF(capsule); /* its destructor releases the stream */
    return wrong;
}

struct py_texts *
py_texts_open(PyObject *source)
{
    struct py_texts *t = PyMem_Calloc(1, sizeof *t);
    if (t == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (PyArray_Check(source) ? open_objects(t, source) : open_stream(t, source)) {
        py_texts_close(t);
        return NULL;
    }
    return t;
}

const seg_texts *
py_texts_of(struct py_texts *texts)
{
    return &texts->texts;
}

void
py_texts_close(struct py_texts *t)
{
    if (t == NULL) {
        return;
    }
    let_go(t);
    for (seg_len c = 0; c < t->column.n_chunks; c++) {
        if (t->chunks[c].release != NULL) {
            t->chunks[c].release(&t->chunks[c]);
        }
    }
    PyMem_Free(t->chunks);
    Py_XDECREF(t->objects);
    PyMem_Free(t);
}
