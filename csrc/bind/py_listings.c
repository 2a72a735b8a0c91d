/* Lists of Python objects as codes: what is equal gets one code. Objects are known here only, so
 * that this loop over data stands in bind. */
#include "py_common.h"

#include <string.h>

enum { FIRST_PLACES = 1 << 10, LOOK = 1 << 16 };

typedef struct place {
    PyObject *item; /* borrowed from the list of distinct items; NULL: free */
    Py_hash_t hash;
    int32_t code;
} place;

/* Codes in the making. */
typedef struct listing {
    place *places; /* open addressing, at most half full */
    size_t n_places;
    PyObject *distinct; /* list, by code */
    int32_t *codes;
    int64_t *start;
    size_t n, room, rows;
} listing;

/* Whether two objects of one hash are equal; -1 with an exception set. */
static int
is_equal(PyObject *a, PyObject *b)
{
    if (a == b) {
        return 1;
    }
    if (PyUnicode_CheckExact(a) && PyUnicode_CheckExact(b)) {
        return PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) &&
               PyUnicode_KIND(a) == PyUnicode_KIND(b) &&
               memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
                      (size_t)PyUnicode_GET_LENGTH(a) * (size_t)PyUnicode_KIND(a)) == 0;
    }
    return PyObject_RichCompareBool(a, b, Py_EQ);
}

/* Where items of this hash begin to look: nearby hashes, as ints have, are spread. */
static size_t
first_place(const listing *l, Py_hash_t hash)
{
    return (size_t)((uint64_t)hash * 0x9E3779B97F4A7C15u >> 20) & (l->n_places - 1);
}

static int
grow_places(listing *l)
{
    size_t n = l->n_places == 0 ? FIRST_PLACES : 4 * l->n_places;
    place *old = l->places, *places = PyMem_Calloc(n, sizeof *places);
    size_t n_old = l->n_places;
    if (places == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    l->places = places;
    l->n_places = n;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].item != NULL) {
            size_t at = first_place(l, old[i].hash);
            while (places[at].item != NULL) {
                at = (at + 1) & (n - 1);
            }
            places[at] = old[i];
        }
    }
    PyMem_Free(old);
    return 0;
}

/* The code of an item, a new one if nothing equal was there; -1 with an exception set. */
static int32_t
code_of(listing *l, PyObject *item, Py_hash_t hash)
{
    Py_ssize_t known = PyList_GET_SIZE(l->distinct);
    if (2 * (size_t)known >= l->n_places && grow_places(l) < 0) {
        return -1;
    }
    size_t at = first_place(l, hash);
    for (; l->places[at].item != NULL; at = (at + 1) & (l->n_places - 1)) {
        if (l->places[at].hash == hash) {
            int equal = is_equal(l->places[at].item, item);
            if (equal != 0) {
                return equal < 0 ? -1 : l->places[at].code;
            }
        }
    }
    if (known >= INT32_MAX - 1) {
        PyErr_SetString(PyExc_ValueError, "_core: more distinct items than int32 codes can name");
        return -1;
    }
    if (PyList_Append(l->distinct, item) < 0) {
        return -1;
    }
    l->places[at] = (place){item, hash, (int32_t)known};
    return (int32_t)known;
}

/* Room for n more codes. */
static int
reserve(listing *l, size_t n)
{
    if (l->room - l->n >= n) {
        return 0;
    }
    size_t room = l->room + l->room / 2 + n + 1024;
    int32_t *codes = PyMem_Realloc(l->codes, room * sizeof *codes);
    if (codes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    l->codes = codes;
    l->room = room;
    return 0;
}

/* A TypeError of the words, the number of the row and what is wrong with it. */
static void
refuse(const char *words, size_t row, PyObject *what)
{
    PyErr_Clear();
    PyObject *args = Py_BuildValue("(snO)", words, (Py_ssize_t)row, what);
    if (args != NULL) {
        PyErr_SetObject(PyExc_TypeError, args);
        Py_DECREF(args);
    }
}

static int
read_row(listing *l, PyObject *row)
{
    int text = PyUnicode_Check(row) || PyBytes_Check(row);
    /* a tuple of our own: comparing items may run any code, which may change the row */
    PyObject *items = text ? NULL : PySequence_Tuple(row);
    if (items == NULL) {
        if (text || PyErr_ExceptionMatches(PyExc_TypeError)) {
            refuse("no list", l->rows, row);
        }
        return -1;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    int failed = reserve(l, (size_t)n);
    for (Py_ssize_t i = 0; i < n && !failed; i++) {
        PyObject *item = PyTuple_GET_ITEM(items, i);
        Py_hash_t hash = PyObject_Hash(item);
        if (hash == -1) {
            if (PyErr_ExceptionMatches(PyExc_TypeError)) {
                refuse("not hashable", l->rows, item);
            }
            failed = 1;
            break;
        }
        int32_t code = code_of(l, item, hash);
        failed = code < 0;
        l->codes[l->n++] = code;
        failed |= l->n % LOOK == 0 && PyErr_CheckSignals() < 0;
    }
    Py_DECREF(items);
    return failed ? -1 : 0;
}

/* (start, codes, distinct), NULL with an exception set. */
static PyObject *
listing_result(listing *l)
{
    PyObject *start = py_array((seg_len)l->rows + 1, NPY_INT64);
    PyObject *codes = py_array((seg_len)l->n, NPY_INT32), *result = NULL;
    if (start != NULL && codes != NULL) {
        memcpy(py_data(start), l->start, (l->rows + 1) * sizeof *l->start);
        if (l->n > 0) {
            memcpy(py_data(codes), l->codes, l->n * sizeof *l->codes);
        }
        result = PyTuple_Pack(3, start, codes, l->distinct);
    }
    Py_XDECREF(start);
    Py_XDECREF(codes);
    return result;
}

static PyObject *
encode_lists(PyObject *Py_UNUSED(module), PyObject *lists)
{
    listing l = {.places = NULL};
    PyObject *rows = PySequence_Tuple(lists), *result = NULL;
    if (rows == NULL) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(rows);
    l.distinct = PyList_New(0);
    l.start = PyMem_Malloc(((size_t)n + 1) * sizeof *l.start);
    int failed = l.distinct == NULL || l.start == NULL;
    if (l.start == NULL) {
        PyErr_NoMemory();
    }
    while (!failed && l.rows < (size_t)n) {
        l.start[l.rows] = (int64_t)l.n;
        failed = read_row(&l, PyTuple_GET_ITEM(rows, (Py_ssize_t)l.rows)) < 0;
        l.rows++;
    }
    if (!failed) {
        l.start[l.rows] = (int64_t)l.n;
        result = listing_result(&l);
    }
    PyMem_Free(l.places);
    PyMem_Free(l.codes);
    PyMem_Free(l.start);
    Py_XDECREF(l.distinct);
    Py_DECREF(rows);
    return result;
}

PyMethodDef py_listings_methods[] = {
    {"encode_lists", encode_lists, METH_O,
     "encode_lists(lists, /)\n--\n\n"
     "(start, codes, distinct): the items of all lists as codes, where each list starts, and the "
     "distinct items by code, in the order they come. A TypeError has (words, row, what)."},
    {NULL, NULL, 0, NULL}};
