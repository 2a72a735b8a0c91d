/* The room lines: ids to codes, return matching. */
#include "py_common.h"

#include "seg_ids.h"
#include "seg_returns.h"

/* (codes, values) of distinct ids that the kernel made; takes codes over. */
static PyObject *
ids_result(const seg_context *ctx, seg_ids *ids, PyObject *codes)
{
    PyObject *values = py_array(seg_ids_count(ids), NPY_INT64);
    if (values != NULL) {
        seg_ids_values(ids, py_data(values));
    }
    seg_ids_free(ctx, ids);
    return values == NULL ? (Py_DECREF(codes), NULL) : Py_BuildValue("(NN)", codes, values);
}

static PyObject *
encode_ints(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"ids", "missing", "sort", "level", "progress", NULL};
    PyObject *ids_obj, *missing_obj = Py_None, *progress = Py_None, *codes;
    int sort = 1;
    const char *level = "";
    const void *ids, *missing;
    seg_len n = -1;
    py_call call;
    seg_ids *out = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OpsO", words, &ids_obj, &missing_obj, &sort,
                                     &level, &progress) ||
        py_call_open(&call, py_state_of(module), 1, level, progress) < 0 ||
        py_view(ids_obj, "ids", NPY_INT64, 0, &n, &ids) < 0 ||
        py_view(missing_obj, "missing", NPY_BOOL, 1, &n, &missing) < 0) {
        return NULL;
    }
    codes = py_array(n, NPY_INT32);
    if (codes == NULL) {
        return NULL;
    }
    int32_t *to = py_data(codes);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_ids_of_ints(&call.ctx, n, ids, missing, sort, to, &out);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(codes);
        return py_raise(status, -1);
    }
    return ids_result(&call.ctx, out, codes);
}

static PyObject *
encode_texts(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"texts", "sort", "level", "progress", NULL};
    PyObject *source, *progress = Py_None, *codes;
    int sort = 1;
    const char *level = "";
    py_call call;
    seg_ids *out = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|psO", words, &source, &sort, &level,
                                     &progress) ||
        py_call_open(&call, py_state_of(module), 1, level, progress) < 0) {
        return NULL;
    }
    struct py_texts *lent = py_texts_open(source);
    if (lent == NULL) {
        return NULL;
    }
    const seg_texts *texts = py_texts_of(lent);
    codes = py_array(texts->n, NPY_INT32);
    seg_status status = SEG_ERR_NOMEM;
    if (codes != NULL) {
        int32_t *to = py_data(codes);
        Py_BEGIN_ALLOW_THREADS
        status = seg_ids_of_texts(&call.ctx, texts, sort, to, &out);
        Py_END_ALLOW_THREADS
    }
    py_texts_close(lent);
    if (status != SEG_OK) {
        Py_XDECREF(codes);
        return py_raise(status, -1);
    }
    return ids_result(&call.ctx, out, codes);
}

static PyObject *
match_returns(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"customer",    "product",    "date",     "quantity", "returned",
                            "n_customers", "n_products", "progress", NULL};
    PyObject *obj[5], *progress = Py_None;
    Py_ssize_t n_customers, n_products;
    const void *customer, *product, *date, *quantity, *returned;
    seg_len n = -1;
    seg_fault fault = {.row = -1};
    py_call call;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOOnn|O", words, &obj[0], &obj[1], &obj[2],
                                     &obj[3], &obj[4], &n_customers, &n_products, &progress) ||
        py_call_open(&call, py_state_of(module), 1, "", progress) < 0 ||
        py_view(obj[0], "customer", NPY_INT32, 0, &n, &customer) < 0 ||
        py_view(obj[1], "product", NPY_INT32, 0, &n, &product) < 0 ||
        py_view(obj[2], "date", NPY_INT64, 0, &n, &date) < 0 ||
        py_view(obj[3], "quantity", NPY_DOUBLE, 0, &n, &quantity) < 0 ||
        py_view(obj[4], "returned", NPY_BOOL, 0, &n, &returned) < 0) {
        return NULL;
    }
    /* the kernel looks at these more than once: a copy of ours cannot change meanwhile */
    PyObject *own[4] = {py_copy(obj[0]), py_copy(obj[1]), py_copy(obj[3]), py_copy(obj[4])};
    PyObject *credited = py_array(n, NPY_DOUBLE);
    seg_status status = SEG_ERR_NOMEM;
    if (own[0] != NULL && own[1] != NULL && own[2] != NULL && own[3] != NULL && credited != NULL) {
        customer = py_data(own[0]);
        product = py_data(own[1]);
        quantity = py_data(own[2]);
        returned = py_data(own[3]);
        double *to = py_data(credited);
        Py_BEGIN_ALLOW_THREADS
        status = seg_returns_match(&call.ctx, n, n_customers, n_products, customer, product, date,
                                   quantity, returned, to, &fault);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < 4; i++) {
        Py_XDECREF(own[i]);
    }
    if (status != SEG_OK) {
        Py_XDECREF(credited);
        return py_raise(status, fault.row);
    }
    return credited;
}

PyMethodDef py_lines_methods[] = {
    {"encode_ints", (PyCFunction)(void (*)(void))encode_ints, METH_VARARGS | METH_KEYWORDS,
     "encode_ints(ids, missing=None, sort=True, level='', progress=None) -> (codes, ids)\n--\n\n"
     "Codes of int64 ids, and the distinct ids by code; -1 where missing."},
    {"encode_texts", (PyCFunction)(void (*)(void))encode_texts, METH_VARARGS | METH_KEYWORDS,
     "encode_texts(texts, sort=True, level='', progress=None) -> (codes, rows)\n--\n\n"
     "Codes of texts, and for each code a row that holds its text; -1 where missing."},
    {"match_returns", (PyCFunction)(void (*)(void))match_returns, METH_VARARGS | METH_KEYWORDS,
     "match_returns(customer, product, date, quantity, returned, n_customers, n_products, "
     "progress=None) -> credited\n--\n\n"
     "Units returned of each purchase, and units of each return that found a purchase."},
    {NULL, NULL, 0, NULL}};
