/* The room basket: rules, Fisher's test, pairs of items, the recommender. */
#include "py_common.h"

#include "seg_fisher.h"
#include "seg_item_pairs.h"
#include "seg_recommend.h"
#include "seg_redundant.h"
#include "seg_rules.h"

/* What the caller lends, copied where it could be written: what was checked must not change while
 * it is used. */
typedef struct py_flat {
    PyObject *indptr, *indices, *counts;
} py_flat;

static void
flat_close(py_flat *flat)
{
    Py_XDECREF(flat->indptr);
    Py_XDECREF(flat->indices);
    Py_XDECREF(flat->counts);
}

/* Holds rows; *n is their number. indices must be as long as the last of indptr says. */
static int
flat_open(py_flat *flat, PyObject *indptr, PyObject *indices, seg_len *n)
{
    const void *data;
    seg_len ends = -1, total = -1;
    *flat = (py_flat){NULL, NULL, NULL};
    if (py_view(indptr, "indptr", NPY_INT64, 0, &ends, &data) < 0 ||
        py_view(indices, "indices", NPY_INT32, 0, &total, &data) < 0) {
        return -1;
    }
    flat->indptr = py_keep(indptr);
    flat->indices = py_keep(indices);
    if (flat->indptr == NULL || flat->indices == NULL) {
        flat_close(flat);
        return -1;
    }
    const int64_t *end = py_data(flat->indptr);
    if (ends < 1 || end[ends - 1] != total) {
        flat_close(flat);
        (void)py_raise(SEG_ERR_ARG, -1);
        return -1;
    }
    *n = ends - 1;
    return 0;
}

/* Itemsets from indptr, indices and counts. */
static int
itemsets_open(py_flat *flat, PyObject *const part[3], seg_itemset_view *sets)
{
    const void *data;
    if (flat_open(flat, part[0], part[1], &sets->n) < 0) {
        return -1;
    }
    if (py_view(part[2], "counts", NPY_INT64, 0, &sets->n, &data) < 0 ||
        (flat->counts = py_keep(part[2])) == NULL) {
        flat_close(flat);
        return -1;
    }
    sets->indptr = py_data(flat->indptr);
    sets->indices = py_data(flat->indices);
    sets->counts = py_data(flat->counts);
    return 0;
}

/* Baskets, or antecedents, from indptr and indices. */
static int
baskets_open(py_flat *flat, PyObject *indptr, PyObject *indices, seg_basket_view *view)
{
    if (flat_open(flat, indptr, indices, &view->n) < 0) {
        return -1;
    }
    view->indptr = py_data(flat->indptr);
    view->indices = py_data(flat->indices);
    return 0;
}

/* The two steps of finding rules, and what Python gets of it. */
static PyObject *
read_rules(py_call *call, const seg_itemset_view *sets, const seg_rule_limits *limits)
{
    seg_rules found;
    seg_status status;
    PyObject *whole = NULL, *body = NULL, *head = NULL, *result = NULL;
    Py_BEGIN_ALLOW_THREADS
    status = seg_rules_open(&call->ctx, sets, limits, &found);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        (void)py_raise(status, -1);
        goto done;
    }
    whole = py_array(found.n, NPY_INT32);
    body = py_array(found.n, NPY_INT32);
    head = py_array(found.n, NPY_INT32);
    if (whole == NULL || body == NULL || head == NULL) {
        goto done;
    }
    int32_t *to_whole = py_data(whole), *to_body = py_data(body), *to_head = py_data(head);
    Py_BEGIN_ALLOW_THREADS
    status = seg_rules_read(&call->ctx, &found, to_whole, to_body, to_head);
    Py_END_ALLOW_THREADS
    result = status != SEG_OK ? py_raise(status, -1)
                              : Py_BuildValue("(OOO(iii)L)", whole, body, head,
                                              (int)found.best.whole, (int)found.best.antecedent,
                                              (int)found.best.consequent, (long long)found.unknown);
done:
    seg_rules_free(&call->ctx, &found);
    Py_XDECREF(whole);
    Py_XDECREF(body);
    Py_XDECREF(head);
    return result;
}

static PyObject *
rules(PyObject *module, PyObject *args)
{
    PyObject *part[3], *body_obj, *head_obj, *progress;
    long long n_baskets, num, den;
    Py_ssize_t n_items, most;
    int n_threads;
    const char *level;
    const void *body, *head;
    py_call call;
    py_flat flat;
    if (!PyArg_ParseTuple(args, "LnOOOLLnOOisO", &n_baskets, &n_items, &part[0], &part[1], &part[2],
                          &num, &den, &most, &body_obj, &head_obj, &n_threads, &level, &progress) ||
        py_call_open(&call, py_state_of(module), n_threads, level, progress) < 0) {
        return NULL;
    }
    seg_len flags = n_items;
    seg_itemset_view sets = {.n_items = n_items, .n_baskets = n_baskets};
    if (py_view(body_obj, "body", NPY_BOOL, 1, &flags, &body) < 0 ||
        py_view(head_obj, "head", NPY_BOOL, 1, &flags, &head) < 0 ||
        itemsets_open(&flat, part, &sets) < 0) {
        return NULL;
    }
    seg_rule_limits limits = {.num = num, .den = den, .most = most, .body = body, .head = head};
    PyObject *result = read_rules(&call, &sets, &limits);
    flat_close(&flat);
    return result;
}

static PyObject *
rules_redundant(PyObject *module, PyObject *args)
{
    PyObject *part[3], *rule[3], *progress, *result = NULL;
    long long n_baskets;
    Py_ssize_t n_items;
    int n_threads;
    const char *level;
    const void *data;
    seg_len n = -1;
    py_call call;
    py_flat flat;
    if (!PyArg_ParseTuple(args, "LnOOOOOOisO", &n_baskets, &n_items, &part[0], &part[1], &part[2],
                          &rule[0], &rule[1], &rule[2], &n_threads, &level, &progress) ||
        py_call_open(&call, py_state_of(module), n_threads, level, progress) < 0 ||
        py_view(rule[0], "whole", NPY_INT32, 0, &n, &data) < 0 ||
        py_view(rule[1], "antecedent", NPY_INT32, 0, &n, &data) < 0 ||
        py_view(rule[2], "consequent", NPY_INT32, 0, &n, &data) < 0) {
        return NULL;
    }
    seg_itemset_view sets = {.n_items = n_items, .n_baskets = n_baskets};
    if (itemsets_open(&flat, part, &sets) < 0) {
        return NULL;
    }
    PyObject *whole = py_copy(rule[0]), *body = py_copy(rule[1]), *head = py_copy(rule[2]),
             *flags = py_array(n, NPY_BOOL);
    if (whole != NULL && body != NULL && head != NULL && flags != NULL) {
        const int32_t *w = py_data(whole), *b = py_data(body), *h = py_data(head);
        uint8_t *flag = py_data(flags);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_rules_redundant(&call.ctx, &sets, n, w, b, h, flag);
        Py_END_ALLOW_THREADS
        result = status == SEG_OK ? Py_NewRef(flags) : py_raise(status, -1);
    }
    Py_XDECREF(whole);
    Py_XDECREF(body);
    Py_XDECREF(head);
    Py_XDECREF(flags);
    flat_close(&flat);
    return result;
}

static PyObject *
fisher_greater(PyObject *module, PyObject *args)
{
    PyObject *x_obj, *y_obj, *both_obj, *progress;
    const void *x, *y, *both;
    long long n;
    int n_threads;
    const char *level;
    seg_len rows = -1;
    py_call call;
    if (!PyArg_ParseTuple(args, "LOOOisO", &n, &x_obj, &y_obj, &both_obj, &n_threads, &level,
                          &progress) ||
        py_call_open(&call, py_state_of(module), n_threads, level, progress) < 0 ||
        py_view(x_obj, "x", NPY_INT64, 0, &rows, &x) < 0 ||
        py_view(y_obj, "y", NPY_INT64, 0, &rows, &y) < 0 ||
        py_view(both_obj, "both", NPY_INT64, 0, &rows, &both) < 0) {
        return NULL;
    }
    PyObject *result = py_array(rows, NPY_DOUBLE);
    if (result == NULL) {
        return NULL;
    }
    double *p = py_data(result);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_fisher_greater(&call.ctx, n, rows, x, y, both, p);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(result);
        return py_raise(status, -1);
    }
    return result;
}

static PyObject *
read_pairs(py_call *call, const seg_basket_view *view, long long min_count)
{
    seg_item_pairs found;
    seg_status status;
    PyObject *a = NULL, *b = NULL, *count = NULL, *result = NULL;
    Py_BEGIN_ALLOW_THREADS
    status = seg_item_pairs_open(&call->ctx, view, min_count, &found);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        (void)py_raise(status, -1);
        goto done;
    }
    a = py_array(found.n, NPY_INT32);
    b = py_array(found.n, NPY_INT32);
    count = py_array(found.n, NPY_INT64);
    if (a == NULL || b == NULL || count == NULL) {
        goto done;
    }
    int32_t *to_a = py_data(a), *to_b = py_data(b);
    int64_t *to_count = py_data(count);
    Py_BEGIN_ALLOW_THREADS
    status = seg_item_pairs_read(&call->ctx, &found, to_a, to_b, to_count);
    Py_END_ALLOW_THREADS
    result = status == SEG_OK ? PyTuple_Pack(3, a, b, count) : py_raise(status, -1);
done:
    seg_item_pairs_free(&call->ctx, &found);
    Py_XDECREF(a);
    Py_XDECREF(b);
    Py_XDECREF(count);
    return result;
}

static PyObject *
item_pairs(PyObject *module, PyObject *args)
{
    PyObject *indptr, *indices, *progress;
    Py_ssize_t n_items;
    long long min_count;
    int n_threads;
    const char *level;
    py_call call;
    py_flat flat;
    if (!PyArg_ParseTuple(args, "nOOLisO", &n_items, &indptr, &indices, &min_count, &n_threads,
                          &level, &progress) ||
        py_call_open(&call, py_state_of(module), n_threads, level, progress) < 0) {
        return NULL;
    }
    seg_basket_view view = {.n_items = n_items};
    if (baskets_open(&flat, indptr, indices, &view) < 0) {
        return NULL;
    }
    PyObject *result = read_pairs(&call, &view, min_count);
    flat_close(&flat);
    return result;
}

PyMethodDef py_rules_methods[] = {
    {"rules", rules, METH_VARARGS,
     "rules(n_baskets, n_items, indptr, indices, counts, num, den, most, body, head, n_threads, "
     "level, progress, /)\n--\n\n(whole, antecedent, consequent, best, unknown)"},
    {"rules_redundant", rules_redundant, METH_VARARGS,
     "rules_redundant(n_baskets, n_items, indptr, indices, counts, whole, antecedent, consequent, "
     "n_threads, level, progress, /)\n--\n\nWhether a smaller antecedent says as much."},
    {"fisher_greater", fisher_greater, METH_VARARGS,
     "fisher_greater(n, x, y, both, n_threads, level, progress, /)\n--\n\n"
     "P(K >= both), K hypergeometric."},
    {"item_pairs", item_pairs, METH_VARARGS,
     "item_pairs(n_items, indptr, indices, min_count, n_threads, level, progress, /)\n--\n\n"
     "(a, b, count) of all pairs of items that share baskets."},
    {NULL, NULL, 0, NULL}};

/* ---- Recommender: made once, then asked by any number of calls at once ---- */

typedef struct py_recommender {
    PyObject_HEAD
    seg_recommender index;
} py_recommender;

static PyObject *
recommender_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *indptr, *indices, *head_obj;
    const void *head;
    Py_ssize_t n_items;
    py_call call;
    py_flat flat;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "_core.Recommender: no argument has a name.");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "nOOO", &n_items, &indptr, &indices, &head_obj) ||
        py_call_plain(&call, type) < 0) {
        return NULL;
    }
    seg_basket_view view = {.n_items = n_items};
    if (baskets_open(&flat, indptr, indices, &view) < 0) {
        return NULL;
    }
    py_recommender *self = NULL;
    if (py_view(head_obj, "head", NPY_INT32, 0, &view.n, &head) == 0) {
        self = (py_recommender *)type->tp_alloc(type, 0);
    }
    if (self != NULL) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_recommender_open(&call.ctx, &view, head, &self->index);
        Py_END_ALLOW_THREADS
        if (status != SEG_OK) {
            Py_CLEAR(self);
            (void)py_raise(status, -1);
        }
    }
    flat_close(&flat);
    return (PyObject *)self;
}

static void
recommender_dealloc(PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    seg_recommender_close(&py_plain, &((py_recommender *)obj)->index);
    type->tp_free(obj);
    Py_DECREF(type);
}

typedef seg_status (*answer_all)(const seg_context *ctx,
                                 const seg_recommender *index,
                                 const seg_basket_view *baskets,
                                 seg_len most,
                                 int32_t *answers);

/* Baskets in; an answer a suggestion, or one an item. */
static PyObject *
recommender_ask(PyObject *obj, PyObject *args, answer_all answer, int each_item)
{
    py_recommender *self = (py_recommender *)obj;
    PyObject *indptr, *indices, *progress, *result = NULL;
    Py_ssize_t most;
    int n_threads;
    const char *level;
    py_call call;
    py_flat flat;
    if (!PyArg_ParseTuple(args, "OOnisO", &indptr, &indices, &most, &n_threads, &level,
                          &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(obj)), n_threads, level, progress) < 0) {
        return NULL;
    }
    seg_basket_view view = {.n_items = self->index.n_items};
    if (baskets_open(&flat, indptr, indices, &view) < 0) {
        return NULL;
    }
    seg_len size = (seg_len)view.indptr[view.n];
    if (most < 1 || (!each_item && !seg_mul_ok(view.n, most, &size))) {
        (void)py_raise(SEG_ERR_ARG, -1);
    } else {
        result = py_array(size, NPY_INT32);
    }
    if (result != NULL) {
        int32_t *answers = py_data(result);
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = answer(&call.ctx, &self->index, &view, most, answers);
        Py_END_ALLOW_THREADS
        if (status != SEG_OK) {
            Py_CLEAR(result);
            (void)py_raise(status, -1);
        }
    }
    flat_close(&flat);
    return result;
}

static PyObject *
recommender_best(PyObject *obj, PyObject *args)
{
    return recommender_ask(obj, args, seg_recommend_rules, 0);
}

static PyObject *
recommender_hidden(PyObject *obj, PyObject *args)
{
    return recommender_ask(obj, args, seg_recommend_hidden, 1);
}

static PyMethodDef recommender_methods[] = {
    {"best", recommender_best, METH_VARARGS,
     "best($self, indptr, indices, most, n_threads, level, progress, /)\n--\n\n"
     "The best `most` rules for each basket, flat; -1 where there are no more."},
    {"hidden", recommender_hidden, METH_VARARGS,
     "hidden($self, indptr, indices, most, n_threads, level, progress, /)\n--\n\n"
     "Where each item comes when it is hidden; 0: not among the first, -1: nothing comes."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot recommender_slots[] = {
    {Py_tp_doc, "Recommender(n_items, indptr, indices, head, /)\n--\n\nRules by antecedent."},
    {Py_tp_new, (void *)recommender_new},
    {Py_tp_dealloc, (void *)recommender_dealloc},
    {Py_tp_methods, recommender_methods},
    {0, NULL}};

PyType_Spec py_recommender_spec = {.name = "segpy._core.Recommender",
                                   .basicsize = sizeof(py_recommender),
                                   .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                                   .slots = recommender_slots};
