/* The room basket: baskets from lines and rows, frequent itemsets. */
#include "py_common.h"

#include "seg_arena.h"
#include "seg_baskets.h"
#include "seg_itemsets.h"

/* What the kernel allocates lives on as arrays: memory from malloc. */
static const seg_context plain = {.allocator = NULL};

static void
free_block(PyObject *capsule)
{
    seg_block_free(&plain, PyCapsule_GetPointer(capsule, PY_BLOCK));
}

/* A block of the kernel as a read-only array, which owns it from here; *block becomes NULL. */
static PyObject *
array_of(void **block, seg_len n, int type)
{
    npy_intp dims[1] = {(npy_intp)n};
    PyObject *owner = PyCapsule_New(*block, PY_BLOCK, free_block);
    if (owner == NULL) {
        return NULL;
    }
    PyObject *array = PyArray_SimpleNewFromData(1, dims, type, *block);
    *block = NULL;
    if (array == NULL || PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0) {
        if (array == NULL) {
            Py_DECREF(owner);
        }
        Py_XDECREF(array);
        return NULL;
    }
    PyArray_CLEARFLAGS((PyArrayObject *)array, NPY_ARRAY_WRITEABLE);
    return array;
}

/* The arrays of baskets in the making. */
typedef struct py_baskets {
    PyObject *indptr, *indices, *code, *count;
} py_baskets;

static int
open_baskets(py_baskets *b, seg_len n, seg_len n_baskets, seg_len n_items)
{
    if (n_baskets < 0 || n_items < 0) {
        (void)py_raise(SEG_ERR_ARG, -1);
        return -1;
    }
    b->indptr = py_array(n_baskets + 1, NPY_INT64);
    b->indices = py_array(n, NPY_INT32);
    b->code = py_array(n_items, NPY_INT32);
    b->count = py_array(n_items, NPY_INT64);
    return b->indptr == NULL || b->indices == NULL || b->code == NULL || b->count == NULL ? -1 : 0;
}

/* Gives back the room of items that were repeated: no kernel wrote there. */
static int
cut_to(PyObject *array, seg_len n)
{
    npy_intp size = (npy_intp)n;
    PyArray_Dims shape = {&size, 1};
    PyObject *none = PyArray_Resize((PyArrayObject *)array, &shape, 0, NPY_CORDER);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

static PyObject *
close_baskets(py_baskets *b, seg_status status, seg_len n_baskets, seg_len row)
{
    PyObject *result = NULL;
    if (!PyErr_Occurred() && status != SEG_OK) {
        (void)py_raise(status, row);
    } else if (!PyErr_Occurred()) {
        const int64_t *indptr = py_data(b->indptr);
        if (cut_to(b->indices, indptr[n_baskets]) == 0) {
            result = PyTuple_Pack(4, b->indptr, b->indices, b->code, b->count);
        }
    }
    Py_XDECREF(b->indptr);
    Py_XDECREF(b->indices);
    Py_XDECREF(b->code);
    Py_XDECREF(b->count);
    return result;
}

static PyObject *
baskets_of_lines(PyObject *module, PyObject *args)
{
    PyObject *order_obj, *item_obj, *progress, *own[2] = {NULL, NULL};
    Py_ssize_t n_baskets, n_items;
    const void *order, *item;
    seg_len n = -1;
    seg_fault fault = {.row = -1};
    py_call call;
    py_baskets b = {NULL, NULL, NULL, NULL};
    seg_status status = SEG_ERR_NOMEM;
    if (!PyArg_ParseTuple(args, "OOnnO", &order_obj, &item_obj, &n_baskets, &n_items, &progress) ||
        py_call_open(&call, py_state_of(module), 1, "", progress) < 0 ||
        py_view(order_obj, "order", NPY_INT32, 0, &n, &order) < 0 ||
        py_view(item_obj, "item", NPY_INT32, 0, &n, &item) < 0) {
        return NULL;
    }
    /* the kernel looks at these more than once: a copy of ours cannot change meanwhile */
    if (open_baskets(&b, n, n_baskets, n_items) == 0 && (own[0] = py_copy(order_obj)) != NULL &&
        (own[1] = py_copy(item_obj)) != NULL) {
        order = py_data(own[0]);
        item = py_data(own[1]);
        int64_t *indptr = py_data(b.indptr), *count = py_data(b.count);
        int32_t *indices = py_data(b.indices), *code = py_data(b.code);
        Py_BEGIN_ALLOW_THREADS
        status = seg_baskets_of_lines(&call.ctx, n, n_baskets, n_items, order, item, indptr,
                                      indices, code, count, &fault);
        Py_END_ALLOW_THREADS
    }
    Py_XDECREF(own[0]);
    Py_XDECREF(own[1]);
    return close_baskets(&b, status, n_baskets, fault.row);
}

static PyObject *
baskets_of_rows(PyObject *module, PyObject *args)
{
    PyObject *start_obj, *item_obj, *place_obj, *progress;
    Py_ssize_t n_items;
    const void *start, *item, *place;
    seg_len n = -1, n_starts = -1, n_codes = -1;
    seg_fault fault = {.row = -1};
    py_call call;
    py_baskets b = {NULL, NULL, NULL, NULL};
    seg_status status = SEG_ERR_NOMEM;
    if (!PyArg_ParseTuple(args, "OOOnO", &start_obj, &item_obj, &place_obj, &n_items, &progress) ||
        py_call_open(&call, py_state_of(module), 1, "", progress) < 0 ||
        py_view(start_obj, "start", NPY_INT64, 0, &n_starts, &start) < 0 ||
        py_view(item_obj, "item", NPY_INT32, 0, &n, &item) < 0 ||
        py_view(place_obj, "place", NPY_INT32, 1, &n_codes, &place) < 0) {
        return NULL;
    }
    if (n_starts < 1) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    /* the kernel reads and checks each value once, so that these need no copies */
    if (open_baskets(&b, n, n_starts - 1, n_items) == 0) {
        int64_t *indptr = py_data(b.indptr), *count = py_data(b.count);
        int32_t *indices = py_data(b.indices), *code = py_data(b.code);
        Py_BEGIN_ALLOW_THREADS
        status = seg_baskets_of_rows(&call.ctx, n, n_starts - 1, n_codes, n_items, start, item,
                                     place, indptr, indices, code, count, &fault);
        Py_END_ALLOW_THREADS
    }
    return close_baskets(&b, status, n_starts - 1, fault.row);
}

/* The arrays of found sets, which they own from here. */
static PyObject *
itemsets_result(seg_itemsets *sets)
{
    void *blocks[3] = {sets->indptr, sets->indices, sets->count};
    PyObject *indptr = array_of(&blocks[0], sets->n + 1, NPY_INT64);
    PyObject *indices = array_of(&blocks[1], sets->total, NPY_INT32);
    PyObject *count = array_of(&blocks[2], sets->n, NPY_INT64);
    for (int i = 0; i < 3; i++) {
        seg_block_free(&plain, blocks[i]); /* what no array took */
    }
    PyObject *result = NULL;
    if (indptr != NULL && indices != NULL && count != NULL) {
        result = Py_BuildValue("(OOOi)", indptr, indices, count, sets->full);
    }
    Py_XDECREF(indptr);
    Py_XDECREF(indices);
    Py_XDECREF(count);
    return result;
}

static PyObject *
itemsets(PyObject *module, PyObject *args)
{
    PyObject *indptr_obj, *indices_obj, *count_obj, *progress;
    seg_itemsets_options o;
    Py_ssize_t min_len, max_len;
    long long min_count, max_sets, max_bytes;
    int target, form, n_threads;
    const char *level;
    const void *indptr, *indices, *count;
    seg_len n_starts = -1, n = -1, n_items = -1;
    seg_itemsets sets;
    py_call call;
    if (!PyArg_ParseTuple(args, "OOOLnniLLiiisO", &indptr_obj, &indices_obj, &count_obj, &min_count,
                          &min_len, &max_len, &target, &max_sets, &max_bytes, &form, &o.leaf,
                          &n_threads, &level, &progress) ||
        py_call_open(&call, py_state_of(module), n_threads, level, progress) < 0 ||
        py_view(indptr_obj, "indptr", NPY_INT64, 0, &n_starts, &indptr) < 0 ||
        py_view(indices_obj, "indices", NPY_INT32, 0, &n, &indices) < 0 ||
        py_view(count_obj, "count", NPY_INT64, 0, &n_items, &count) < 0) {
        return NULL;
    }
    if (n_starts < 1 || ((const int64_t *)indptr)[n_starts - 1] != n) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    o.min_count = min_count;
    o.min_len = min_len;
    o.max_len = max_len;
    o.target = (seg_target)target;
    o.max_sets = max_sets;
    o.max_bytes = max_bytes;
    o.form = (seg_form)form;
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_itemsets_mine(&call.ctx, n_starts - 1, n_items, indptr, indices, count, &o, &sets);
    Py_END_ALLOW_THREADS
    return status == SEG_OK ? itemsets_result(&sets) : py_raise(status, -1);
}

PyMethodDef py_basket_methods[] = {
    {"baskets_of_lines", baskets_of_lines, METH_VARARGS,
     "baskets_of_lines(order, item, n_baskets, n_items, progress, /)\n--\n\n"
     "(indptr, indices, code, count): baskets of positions; code and count by position."},
    {"baskets_of_rows", baskets_of_rows, METH_VARARGS,
     "baskets_of_rows(start, item, place, n_items, progress, /)\n--\n\n"
     "The same where the items of a basket stand together; place is the item of each code, or "
     "None."},
    {"itemsets", itemsets, METH_VARARGS,
     "itemsets(indptr, indices, count, min_count, min_len, max_len, target, max_sets, max_bytes, "
     "form, leaf, n_threads, level, progress, /)\n--\n\n"
     "(indptr, indices, counts, full) of the frequent sets; full: 1 max_sets, 2 max_bytes was "
     "hit."},
    {NULL, NULL, 0, NULL}};
