/* Lists of Python objects as codes: what is equal gets one code. Objects are known here only, so
 * that this loop over data stands in bind. */
#include "py_common.h"

#include <string.h>

#include "seg_hash.h"

enum { FIRST_PLACES = 1 << 10, LOOK = 1 << 16, BRIEF = 8, INTEGER = 255, TRIES = 8 };

/* Rows before a row is read when its items, its array of items and its head are fetched. */
enum { FETCH_ITEMS = 2, FETCH_ARRAY = 5, FETCH_HEAD = 8 };

typedef struct place {
    PyObject *item; /* borrowed from the list of distinct items; NULL: free */
    Py_hash_t hash;
    int32_t code;
} place;

/* What a short text or an int holds, and the code it got. Most items have been there before: these
 * answer without their hash and without a look at the item that was first. */
typedef struct memo {
    uint64_t word;
    uint32_t kind; /* 0: free; 1 + letters of a text; INTEGER */
    int32_t code;
} memo;

/* Codes in the making. */
typedef struct listing {
    place *places; /* open addressing, at most half full */
    memo *memos;   /* (n_places,)  open addressing over a few places */
    size_t n_places;
    int plain;          /* every distinct item is plain */
    PyObject *distinct; /* list, by code */
    PyObject *array;    /* of int32, which grows; its data: */
    int32_t *codes;
    int64_t *start;
    size_t n, room, rows, looked; /* looked: n when signals were looked for */
} listing;

/* Whether an object is of a type whose hash and comparison with others of these run no code of
 * Python. */
static int
is_plain(PyObject *item)
{
    if (PyUnicode_CheckExact(item)) {
        return 1;
    }
    return PyLong_CheckExact(item) || PyFloat_CheckExact(item) || PyBytes_CheckExact(item) ||
           item == Py_None;
}

/* What a short ASCII text or an int of 64 bits holds; whether the item is one. Equal ones, and they
 * alone, give the same. */
static int
glance(PyObject *item, memo *seen)
{
    seen->kind = INTEGER;
    if (!PyUnicode_CheckExact(item)) {
        int beyond = 1;
        if (PyLong_CheckExact(item)) {
            seen->word = (uint64_t)PyLong_AsLongLongAndOverflow(item, &beyond);
        }
        return !beyond;
    }
    size_t n = (size_t)PyUnicode_GET_LENGTH(item);
    if (!PyUnicode_IS_COMPACT_ASCII(item) || n > BRIEF) {
        return 0;
    }
    /* the 8 bytes up to its end: what lies before a shorter one is its own head, and is cut off */
    memcpy(&seen->word, (const char *)PyUnicode_DATA(item) + n - 8, 8);
#if PY_BIG_ENDIAN
    seen->word = n > 0 ? seen->word << (64 - 8 * n) : 0;
#else
    seen->word = n > 0 ? seen->word >> (64 - 8 * n) : 0;
#endif
    seen->kind = 1 + (uint32_t)n;
    return 1;
}

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
    memo *memos = PyMem_Calloc(n, sizeof *memos);
    size_t n_old = l->n_places;
    if (places == NULL || memos == NULL) {
        PyMem_Free(places);
        PyMem_Free(memos);
        PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(l->memos);
    l->memos = memos;
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
search(listing *l, PyObject *item, Py_hash_t hash)
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
    l->plain &= is_plain(item);
    l->places[at] = (place){item, hash, (int32_t)known};
    return (int32_t)known;
}

/* Gives the array of codes another length. */
static int
resize(listing *l, size_t room)
{
    npy_intp size = (npy_intp)room;
    PyArray_Dims shape = {&size, 1};
    PyObject *none = PyArray_Resize((PyArrayObject *)l->array, &shape, 0, NPY_CORDER);
    Py_XDECREF(none);
    l->codes = py_data(l->array);
    l->room = room;
    return none == NULL ? -1 : 0;
}

/* Room for n more codes. */
static int
reserve(listing *l, size_t n)
{
    return l->room - l->n >= n ? 0 : resize(l, l->room + l->room / 2 + n + 1024);
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

/* The memo of this content or, with kind 0, where it may be kept; NULL if all its places are taken.
 */
static memo *
recall(const listing *l, const memo *seen)
{
    uint64_t hash = seen->word * 0x9E3779B97F4A7C15u >> 32;
    for (uint64_t i = 0; i < TRIES && l->n_places > 0; i++) {
        memo *at = l->memos + ((hash + i) & (l->n_places - 1));
        if (at->kind == 0 || (at->word == seen->word && at->kind == seen->kind)) {
            return at;
        }
    }
    return NULL;
}

/* The code of an item; -1 with an exception set. */
static int32_t
code_of(listing *l, PyObject *item)
{
    memo seen, *at = NULL;
    int brief = glance(item, &seen);
    if (brief) {
        at = recall(l, &seen);
        if (at != NULL && at->kind != 0) {
            return at->code;
        }
    }
    Py_hash_t hash = PyObject_Hash(item);
    if (hash == -1) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            refuse("not hashable", l->rows, item);
        }
        return -1;
    }
    seen.code = search(l, item, hash);
    at = brief && seen.code >= 0 ? recall(l, &seen) : NULL; /* the table may have grown */
    if (at != NULL) {
        *at = seen;
    }
    return seen.code;
}

/* Writes the codes of n items, which stay as they are meanwhile. */
static int
read_items(listing *l, Py_ssize_t n, PyObject *const *items)
{
    if (reserve(l, (size_t)n) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t code = code_of(l, items[i]);
        if (code < 0) {
            return -1;
        }
        l->codes[l->n++] = code;
    }
    return 0;
}

/* Looks for signals now and then; their handlers are code of Python. */
static int
look(listing *l)
{
    if (l->n - l->looked < LOOK) {
        return 0;
    }
    l->looked = l->n;
    return PyErr_CheckSignals();
}

/* The items of a list or tuple where they lie, NULL where that is not known of the row. Under the
 * GIL a list stays as it is while no code of Python runs; without it, another thread may have it.
 */
static PyObject *const *
items_of(PyObject *row, Py_ssize_t *n)
{
#ifndef Py_GIL_DISABLED
    if (PyList_CheckExact(row)) {
        *n = PyList_GET_SIZE(row);
        return ((PyListObject *)row)->ob_item;
    }
#endif
    if (PyTuple_CheckExact(row)) {
        *n = PyTuple_GET_SIZE(row);
        return ((PyTupleObject *)row)->ob_item;
    }
    return NULL;
}

/* Fetches what the next rows are made of: each item lies somewhere else. */
static void
look_ahead(const listing *l, PyObject *const *rows, size_t n_rows)
{
    PyObject *const *items;
    Py_ssize_t n;
    if (l->rows + FETCH_HEAD < n_rows) {
        SEG_PREFETCH_READ(rows[l->rows + FETCH_HEAD]);
    }
    if (l->rows + FETCH_ARRAY < n_rows &&
        (items = items_of(rows[l->rows + FETCH_ARRAY], &n)) != NULL) {
        for (Py_ssize_t i = 0; i < n; i += 8) {
            SEG_PREFETCH_READ(items + i);
        }
    }
    if (l->rows + FETCH_ITEMS < n_rows &&
        (items = items_of(rows[l->rows + FETCH_ITEMS], &n)) != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            SEG_PREFETCH_READ(items[i]);
            SEG_PREFETCH_READ((const char *)items[i] + sizeof(PyASCIIObject));
        }
    }
}

static int
read_row(listing *l, PyObject *row)
{
    Py_ssize_t n = 0;
    PyObject *const *items = items_of(row, &n);
    int stays = items != NULL && l->plain && n < LOOK;
    for (Py_ssize_t i = 0; i < n && stays; i++) {
        stays = is_plain(items[i]);
    }
    if (stays) {
        return read_items(l, n, items);
    }
    int text = PyUnicode_Check(row) || PyBytes_Check(row);
    /* a tuple of our own: comparing items may run any code, which may change the row */
    PyObject *own = text ? NULL : PySequence_Tuple(row);
    if (own == NULL) {
        if (text || PyErr_ExceptionMatches(PyExc_TypeError)) {
            refuse("no list", l->rows, row);
        }
        return -1;
    }
    int failed = 0;
    n = PyTuple_GET_SIZE(own);
    for (Py_ssize_t i = 0; i < n && !failed; i += LOOK) {
        items = ((PyTupleObject *)own)->ob_item + i;
        failed = read_items(l, n - i < LOOK ? n - i : LOOK, items) < 0 || look(l) < 0 ? -1 : 0;
    }
    Py_DECREF(own);
    return failed;
}

/* Reads every row of a list or tuple that stays referenced; a list that shrinks meanwhile ends it.
 */
static int
read_rows(listing *l, PyObject *lists, size_t n)
{
    int failed = 0;
    while (!failed && l->rows < n) {
        Py_ssize_t left = 0;
        PyObject *const *rows = items_of(lists, &left);
        if (l->rows >= (size_t)left) {
            break;
        }
        PyObject *row = Py_NewRef(rows[l->rows]);
        l->start[l->rows] = (int64_t)l->n;
        look_ahead(l, rows, (size_t)left);
        failed = read_row(l, row) < 0;
        Py_DECREF(row);
        failed = failed || look(l) < 0;
        l->rows++;
    }
    l->start[l->rows] = (int64_t)l->n;
    return failed ? -1 : 0;
}

/* (start, codes, distinct), NULL with an exception set. */
static PyObject *
listing_result(listing *l)
{
    PyObject *start = py_array((seg_len)l->rows + 1, NPY_INT64), *result = NULL;
    if (start != NULL && resize(l, l->n) == 0) {
        memcpy(py_data(start), l->start, (l->rows + 1) * sizeof *l->start);
        result = PyTuple_Pack(3, start, l->array, l->distinct);
    }
    Py_XDECREF(start);
    return result;
}

static PyObject *
encode_lists(PyObject *Py_UNUSED(module), PyObject *lists)
{
    listing l = {.plain = 1};
    Py_ssize_t n = 0;
    PyObject *result = NULL;
    PyObject *held = items_of(lists, &n) != NULL ? Py_NewRef(lists) : PySequence_Tuple(lists);
    if (held == NULL) {
        return NULL;
    }
    (void)items_of(held, &n);
    l.distinct = PyList_New(0);
    l.array = py_array(0, NPY_INT32);
    l.start = PyMem_Malloc(((size_t)n + 1) * sizeof *l.start);
    if (l.start == NULL) {
        PyErr_NoMemory();
    } else if (l.distinct != NULL && l.array != NULL && read_rows(&l, held, (size_t)n) == 0) {
        result = listing_result(&l);
    }
    PyMem_Free(l.places);
    PyMem_Free(l.memos);
    PyMem_Free(l.start);
    Py_XDECREF(l.array);
    Py_XDECREF(l.distinct);
    Py_DECREF(held);
    return result;
}

PyMethodDef py_listings_methods[] = {
    {"encode_lists", encode_lists, METH_O,
     "encode_lists(lists, /)\n--\n\n"
     "(start, codes, distinct): the items of all lists as codes, where each list starts, and the "
     "distinct items by code, in the order they come. A TypeError has (words, row, what)."},
    {NULL, NULL, 0, NULL}};
