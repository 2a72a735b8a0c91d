/* The module segpy._core: its table of functions, its state, the level chosen at import. */
#define PY_COMMON_IMPORTS_NUMPY
#include "py_common.h"

#include <stdlib.h>
#include <string.h>

#ifndef SEG_VERSION
#error "SEG_VERSION comes from setup.py"
#endif

py_state *
py_state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

static PyObject *
level(PyObject *module, PyObject *Py_UNUSED(unused))
{
    return PyUnicode_FromString(seg_level_name(py_state_of(module)->level));
}

static PyObject *
levels(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    PyObject *names = PyTuple_New((Py_ssize_t)seg_cpu_best_level() + 1);
    for (int l = 0; names != NULL && l <= (int)seg_cpu_best_level(); l++) {
        PyObject *name = PyUnicode_FromString(seg_level_name((seg_level)l));
        if (name == NULL) {
            Py_CLEAR(names);
        } else {
            PyTuple_SET_ITEM(names, l, name);
        }
    }
    return names;
}

static PyMethodDef module_methods[] = {
    {"level", level, METH_NOARGS, "level()\n--\n\nThe level of the processor in use."},
    {"levels", levels, METH_NOARGS, "levels()\n--\n\nThe levels that can run here, lowest first."},
    {NULL, NULL, 0, NULL}};

/* The best level, or the lower one that SEGPY_LEVEL asks for. */
static int
choose_level(py_state *state)
{
    state->level = seg_cpu_best_level();
    const char *asked = getenv("SEGPY_LEVEL");
    if (asked == NULL || asked[0] == '\0') {
        return 0;
    }
    for (int l = 0; l <= (int)seg_cpu_best_level(); l++) {
        if (strcmp(asked, seg_level_name((seg_level)l)) == 0) {
            state->level = (seg_level)l;
            return 0;
        }
    }
    PyErr_Format(
        PyExc_ImportError,
        "segpy: SEGPY_LEVEL must be a level this processor and build have, at most '%s'; got "
        "'%s'. Unset it to use the best one.",
        seg_level_name(seg_cpu_best_level()), asked);
    return -1;
}

static int
add_type(PyObject *module, PyType_Spec *spec, PyObject **type)
{
    *type = PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)*type);
}

static int
core_exec(PyObject *module)
{
    py_state *state = py_state_of(module);
    if (PyArray_ImportNumPyAPI() < 0 || choose_level(state) < 0 ||
        PyModule_AddFunctions(module, py_lines_methods) < 0 ||
        PyModule_AddFunctions(module, py_customer_methods) < 0 ||
        PyModule_AddFunctions(module, py_cluster_methods) < 0 ||
        PyModule_AddFunctions(module, py_decomposition_methods) < 0 ||
        PyModule_AddFunctions(module, py_basket_methods) < 0 ||
        PyModule_AddFunctions(module, py_rules_methods) < 0 ||
        PyModule_AddFunctions(module, py_listings_methods) < 0 ||
        PyModule_AddStringConstant(module, "__version__", SEG_VERSION) < 0) {
        return -1;
    }
    return add_type(module, &py_rfm_spec, &state->rfm_type) < 0 ||
                   add_type(module, &py_moments_spec, &state->moments_type) < 0 ||
                   add_type(module, &py_points_spec, &state->points_type) < 0 ||
                   add_type(module, &py_recommender_spec, &state->recommender_type) < 0
               ? -1
               : 0;
}

static int
core_traverse(PyObject *module, visitproc visit, void *arg)
{
    py_state *state = py_state_of(module);
    Py_VISIT(state->rfm_type);
    Py_VISIT(state->moments_type);
    Py_VISIT(state->points_type);
    Py_VISIT(state->recommender_type);
    return 0;
}

static int
core_clear(PyObject *module)
{
    py_state *state = py_state_of(module);
    Py_CLEAR(state->rfm_type);
    Py_CLEAR(state->moments_type);
    Py_CLEAR(state->points_type);
    Py_CLEAR(state->recommender_type);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, core_exec},
#if PY_VERSION_HEX >= 0x030c0000
    /* NumPy's own C modules do not support isolated interpreters */
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030d0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        .m_name = "segpy._core",
                                        .m_doc = "Kernels of segpy on NumPy buffers.",
                                        .m_size = sizeof(py_state),
                                        .m_methods = module_methods,
                                        .m_slots = slots,
                                        .m_traverse = core_traverse,
                                        .m_clear = core_clear};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
