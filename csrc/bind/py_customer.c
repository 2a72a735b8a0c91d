/* The room customer: RFM states and exact totals. */
#include "py_common.h"

#include "seg_rfm.h"
#include "seg_totals.h"

static PyObject *
totals(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"codes", "amounts", "n_codes", "progress", NULL};
    PyObject *codes_obj, *amounts_obj, *progress = Py_None;
    Py_ssize_t n_codes;
    const void *codes, *amounts;
    seg_len n = -1;
    seg_fault fault = {.row = -1};
    py_call call;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOn|O", words, &codes_obj, &amounts_obj,
                                     &n_codes, &progress) ||
        py_call_open(&call, py_state_of(module), 1, "", progress) < 0 ||
        py_view(amounts_obj, "amounts", NPY_DOUBLE, 0, &n, &amounts) < 0 ||
        py_view(codes_obj, "codes", NPY_INT32, 1, &n, &codes) < 0) {
        return NULL;
    }
    if (n_codes < 0) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    PyObject *result = py_array(n_codes, NPY_DOUBLE);
    if (result == NULL) {
        return NULL;
    }
    double *to = py_data(result);
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_totals(&call.ctx, n, n_codes, codes, amounts, to, &fault);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(result);
        return py_raise(status, fault.row);
    }
    return result;
}

PyMethodDef py_customer_methods[] = {
    {"totals", (PyCFunction)(void (*)(void))totals, METH_VARARGS | METH_KEYWORDS,
     "totals(codes, amounts, n_codes, progress=None) -> totals\n--\n\n"
     "Exact sums of amounts by code; codes None: one sum; -1: left out."},
    {NULL, NULL, 0, NULL}};

/* ---- RFM: a state that only one call at a time may use ---- */

typedef struct py_rfm {
    PyObject_HEAD
    seg_rfm *state;
    py_lock lock;
} py_rfm;

static PyObject *
rfm_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"n_customers", "n_orders", NULL};
    Py_ssize_t n_customers, n_orders;
    py_call call;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "nn", words, &n_customers, &n_orders) ||
        py_call_plain(&call, type) < 0) {
        return NULL;
    }
    if (n_customers > INT32_MAX || n_orders > INT32_MAX) {
        return py_raise(SEG_ERR_TOO_MANY, -1);
    }
    py_rfm *self = (py_rfm *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if (py_lock_open(&self->lock) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_rfm_new(&call.ctx, n_customers, n_orders, &self->state);
    Py_END_ALLOW_THREADS
    if (status != SEG_OK) {
        Py_DECREF(self);
        return py_raise(status, -1);
    }
    return (PyObject *)self;
}

static void
rfm_dealloc(PyObject *obj)
{
    py_rfm *self = (py_rfm *)obj;
    PyTypeObject *type = Py_TYPE(obj);
    seg_rfm_free(&py_plain, self->state);
    py_lock_close(&self->lock);
    type->tp_free(obj);
    Py_DECREF(type);
}

static PyObject *
rfm_add(PyObject *obj, PyObject *args)
{
    py_rfm *self = (py_rfm *)obj;
    PyObject *column[4], *progress;
    const void *customer, *order, *date, *amount;
    long long start, stop;
    int n_threads;
    const char *level;
    seg_len n = -1;
    seg_fault fault = {.row = -1};
    seg_rfm_seen seen = {0};
    py_call call;
    if (!PyArg_ParseTuple(args, "OOOOLLisO", &column[0], &column[1], &column[2], &column[3], &start,
                          &stop, &n_threads, &level, &progress) ||
        py_call_open(&call, PyType_GetModuleState(Py_TYPE(obj)), n_threads, level, progress) < 0 ||
        py_view(column[0], "customer", NPY_INT32, 0, &n, &customer) < 0 ||
        py_view(column[1], "order", NPY_INT32, 0, &n, &order) < 0 ||
        py_view(column[2], "date", NPY_INT64, 0, &n, &date) < 0 ||
        py_view(column[3], "amount", NPY_DOUBLE, 0, &n, &amount) < 0 ||
        py_lock_take(&self->lock, "RFMState") < 0) {
        return NULL;
    }
    seg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = seg_rfm_add(&call.ctx, self->state, n, customer, order, date, amount, start, stop,
                         &seen, &fault);
    Py_END_ALLOW_THREADS
    py_lock_give(&self->lock, status);
    if (status != SEG_OK) {
        return py_raise(status, fault.row);
    }
    return Py_BuildValue("(nnn)", (Py_ssize_t)seen.counted, (Py_ssize_t)seen.anonymous,
                         (Py_ssize_t)seen.outside);
}

static PyObject *
rfm_merge(PyObject *obj, PyObject *args)
{
    py_rfm *self = (py_rfm *)obj, *other;
    PyObject *other_obj, *map_obj[2];
    const void *map;
    seg_len n_customers = -1, n_orders = -1;
    seg_fault fault = {.row = -1};
    py_call call;
    if (!PyArg_ParseTuple(args, "O!OO", Py_TYPE(obj), &other_obj, &map_obj[0], &map_obj[1]) ||
        py_call_plain(&call, Py_TYPE(obj)) < 0 ||
        py_view(map_obj[0], "customer_map", NPY_INT32, 0, &n_customers, &map) < 0 ||
        py_view(map_obj[1], "order_map", NPY_INT32, 0, &n_orders, &map) < 0) {
        return NULL;
    }
    other = (py_rfm *)other_obj;
    if (other == self) {
        PyErr_SetString(PyExc_ValueError, "_core.RFMState: a state cannot be merged into itself.");
        return NULL;
    }
    if (seg_rfm_customers(other->state) != n_customers ||
        seg_rfm_orders(other->state) != n_orders) {
        PyErr_SetString(PyExc_ValueError,
                        "_core.RFMState: a map must have a code for every code of "
                        "the other state.");
        return NULL;
    }
    PyObject *own[2] = {py_copy(map_obj[0]), py_copy(map_obj[1])}, *result = NULL;
    if (own[0] != NULL && own[1] != NULL &&
        py_lock_take_both(&self->lock, &other->lock, "RFMState") == 0) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_rfm_merge(&call.ctx, self->state, other->state, py_data(own[0]),
                               py_data(own[1]), &fault);
        Py_END_ALLOW_THREADS
        py_lock_give(&other->lock, SEG_OK);
        py_lock_give(&self->lock, status);
        result = status == SEG_OK ? Py_NewRef(Py_None) : py_raise(status, fault.row);
    }
    Py_XDECREF(own[0]);
    Py_XDECREF(own[1]);
    return result;
}

static PyObject *
rfm_read(PyObject *obj, PyObject *Py_UNUSED(unused))
{
    py_rfm *self = (py_rfm *)obj;
    seg_len n = seg_rfm_customers(self->state);
    py_call call;
    if (py_call_plain(&call, Py_TYPE(obj)) < 0) {
        return NULL;
    }
    PyObject *first = py_array(n, NPY_INT64), *last = py_array(n, NPY_INT64);
    PyObject *frequency = py_array(n, NPY_INT64), *monetary = py_array(n, NPY_DOUBLE),
             *result = NULL;
    if (first != NULL && last != NULL && frequency != NULL && monetary != NULL &&
        py_lock_take(&self->lock, "RFMState") == 0) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_rfm_read(&call.ctx, self->state, py_data(first), py_data(last),
                              py_data(frequency), py_data(monetary));
        Py_END_ALLOW_THREADS
        py_lock_give(&self->lock, SEG_OK);
        result = status != SEG_OK ? py_raise(status, -1)
                                  : PyTuple_Pack(4, first, last, frequency, monetary);
    }
    Py_XDECREF(first);
    Py_XDECREF(last);
    Py_XDECREF(frequency);
    Py_XDECREF(monetary);
    return result;
}

/* The arrays of a dump, allocated while the state is held, so that it cannot change meanwhile. */
static PyObject *
dump_held(py_rfm *self, const seg_context *ctx)
{
    enum { FIRST, LAST, MONEY, OWNER, SHARED, PARTS };
    seg_len n = seg_rfm_customers(self->state), orders = seg_rfm_orders(self->state);
    PyObject *part[PARTS] = {py_array(n, NPY_INT64), py_array(n, NPY_INT64),
                             py_array(2 * n, NPY_INT64), py_array(orders, NPY_INT32),
                             py_array(2 * seg_rfm_shared(self->state), NPY_INT32)};
    PyObject *result = NULL;
    int there = 1;
    for (int i = 0; i < PARTS; i++) {
        there &= part[i] != NULL;
    }
    if (there) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_rfm_dump(ctx, self->state, py_data(part[FIRST]), py_data(part[LAST]),
                              py_data(part[MONEY]), py_data(part[OWNER]), py_data(part[SHARED]));
        Py_END_ALLOW_THREADS
        result = status != SEG_OK ? py_raise(status, -1)
                                  : PyTuple_Pack(PARTS, part[FIRST], part[LAST], part[MONEY],
                                                 part[OWNER], part[SHARED]);
    }
    for (int i = 0; i < PARTS; i++) {
        Py_XDECREF(part[i]);
    }
    return result;
}

static PyObject *
rfm_dump(PyObject *obj, PyObject *Py_UNUSED(unused))
{
    py_rfm *self = (py_rfm *)obj;
    py_call call;
    if (py_call_plain(&call, Py_TYPE(obj)) < 0 || py_lock_take(&self->lock, "RFMState") < 0) {
        return NULL;
    }
    PyObject *result = dump_held(self, &call.ctx);
    py_lock_give(&self->lock, SEG_OK);
    return result;
}

static PyObject *
rfm_fill(PyObject *obj, PyObject *args)
{
    py_rfm *self = (py_rfm *)obj;
    PyObject *part[5];
    const void *first, *last, *money, *owner, *shared;
    py_call call;
    seg_len n = seg_rfm_customers(self->state), orders = seg_rfm_orders(self->state);
    seg_len words = 2 * n, pairs = -1;
    if (!PyArg_ParseTuple(args, "OOOOO", &part[0], &part[1], &part[2], &part[3], &part[4]) ||
        py_call_plain(&call, Py_TYPE(obj)) < 0 ||
        py_view(part[0], "first", NPY_INT64, 0, &n, &first) < 0 ||
        py_view(part[1], "last", NPY_INT64, 0, &n, &last) < 0 ||
        py_view(part[2], "money", NPY_INT64, 0, &words, &money) < 0 ||
        py_view(part[3], "owner", NPY_INT32, 0, &orders, &owner) < 0 ||
        py_view(part[4], "shared", NPY_INT32, 0, &pairs, &shared) < 0) {
        return NULL;
    }
    if (pairs % 2 != 0) {
        return py_raise(SEG_ERR_ARG, -1);
    }
    PyObject *own[2] = {py_copy(part[3]), py_copy(part[4])}, *result = NULL;
    if (own[0] != NULL && own[1] != NULL && py_lock_take(&self->lock, "RFMState") == 0) {
        seg_status status;
        Py_BEGIN_ALLOW_THREADS
        status = seg_rfm_load(&call.ctx, self->state, first, last, money, py_data(own[0]),
                              pairs / 2, py_data(own[1]));
        Py_END_ALLOW_THREADS
        py_lock_give(&self->lock, status);
        result = status == SEG_OK ? Py_NewRef(Py_None) : py_raise(status, -1);
    }
    Py_XDECREF(own[0]);
    Py_XDECREF(own[1]);
    return result;
}

static PyMethodDef rfm_methods[] = {
    {"add", rfm_add, METH_VARARGS,
     "add($self, customer, order, date, amount, start, stop, n_threads, level, progress, /)\n--\n\n"
     "Add order lines with start <= date <= stop; (counted, anonymous, outside)."},
    {"merge", rfm_merge, METH_VARARGS,
     "merge($self, other, customer_map, order_map, /)\n--\n\nAdd a state whose codes the maps "
     "translate."},
    {"read", rfm_read, METH_NOARGS,
     "read($self, /)\n--\n\n(first, last, frequency, monetary) by customer code."},
    {"dump", rfm_dump, METH_NOARGS,
     "dump($self, /)\n--\n\n(first, last, money, owner, shared): what a file must hold."},
    {"fill", rfm_fill, METH_VARARGS,
     "fill($self, first, last, money, owner, shared, /)\n--\n\nFill an empty state from a dump."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot rfm_slots[] = {
    {Py_tp_doc,
     "RFMState(n_customers, n_orders)\n--\n\nFirst and last date, exact money and distinct "
     "orders of customers, by code."},
    {Py_tp_new, rfm_new},
    {Py_tp_dealloc, rfm_dealloc},
    {Py_tp_methods, rfm_methods},
    {0, NULL}};

PyType_Spec py_rfm_spec = {.name = "segpy._core.RFMState",
                           .basicsize = sizeof(py_rfm),
                           .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                           .slots = rfm_slots};
