// The class Function: what the module shows as a function. It calls another one at once, or, with a keyword that only
// NumPy has, what translates it; and it has attributes, which nanobind's functions have not.
// SPDX-License-Identifier: BSL-1.0
#include <Python.h>

#include <structmember.h>

#include <cstddef>

#include "base/error.hpp"
#include "bindings/bind.hpp"

namespace hpxpy {

namespace {

struct Function {
    PyObject_HEAD;
    vectorcallfunc call;
    PyObject* target;      ///< takes what needs no translation
    PyObject* translator;  ///< takes the rest; or nothing
    PyObject* foreign;     ///< the set of keywords that it is for
    PyObject* attributes;
    PyObject* weak;
};

PyObject* call_function(PyObject* self, PyObject* const* arguments, std::size_t count,
                        PyObject* keywords) {
    auto* f = reinterpret_cast<Function*>(self);
    PyObject* called = f->target;
    if (keywords && f->translator)
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
            int found = PySet_Contains(f->foreign, PyTuple_GET_ITEM(keywords, i));
            if (found < 0) return nullptr;
            if (found) called = f->translator;
        }
    return PyObject_Vectorcall(called, arguments, count, keywords);
}

PyObject* make_function(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    PyObject *target = nullptr, *translator = Py_None, *foreign = nullptr;
    static const char* names[] = {"target", "translator", "foreign", nullptr};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|OO!", const_cast<char**>(names),
                                     &target, &translator, &PyFrozenSet_Type, &foreign))
        return nullptr;
    auto* f = reinterpret_cast<Function*>(type->tp_alloc(type, 0));
    if (!f) return nullptr;
    f->call = &call_function;
    f->target = Py_NewRef(target);
    f->translator = translator == Py_None || !foreign ? nullptr : Py_NewRef(translator);
    f->foreign = Py_XNewRef(foreign);
    return reinterpret_cast<PyObject*>(f);
}

int visit_function(PyObject* self, visitproc visit, void* arg) {
    auto* f = reinterpret_cast<Function*>(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(f->target);
    Py_VISIT(f->translator);
    Py_VISIT(f->foreign);
    Py_VISIT(f->attributes);
    return 0;
}

int clear_function(PyObject* self) {
    auto* f = reinterpret_cast<Function*>(self);
    Py_CLEAR(f->target);
    Py_CLEAR(f->translator);
    Py_CLEAR(f->foreign);
    Py_CLEAR(f->attributes);
    return 0;
}

void free_function(PyObject* self) {
    PyObject_GC_UnTrack(self);
    if (reinterpret_cast<Function*>(self)->weak) PyObject_ClearWeakRefs(self);
    clear_function(self);
    PyTypeObject* type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject* attribute_of(PyObject* self, const char* name) {
    return PyObject_GetAttrString(self, name);
}

// Pickled by name, as functions are.
PyObject* reduce_function(PyObject* self, PyObject*) { return attribute_of(self, "__qualname__"); }

PyObject* text_of(PyObject* self) {
    PyObject* name = attribute_of(self, "__qualname__");
    if (!name) return nullptr;
    PyObject* text = PyUnicode_FromFormat("<function %U>", name);
    Py_DECREF(name);
    return text;
}

// Made when somebody asks for the first time: most never do.
PyObject* signature_of(PyObject* self, void*) {
    try {
        nb::object make = nb::module_::import_("hpxpy._functions").attr("signature_of");
        return make(nb::handle(self)).release().ptr();
    } catch (...) {
        set_python_error();
        return nullptr;
    }
}

PyObject* target_of(PyObject* self, void*) {
    return Py_NewRef(reinterpret_cast<Function*>(self)->target);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, call), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(Function, attributes), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Function, weak), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

PyGetSetDef getters[] = {
    {"__dict__", &PyObject_GenericGetDict, &PyObject_GenericSetDict, nullptr, nullptr},
    {"__signature__", &signature_of, nullptr, nullptr, nullptr},
    {"__wrapped__", &target_of, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef methods[] = {{"__reduce__", &reduce_function, METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&make_function)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(&free_function)},
                       {Py_tp_traverse, reinterpret_cast<void*>(&visit_function)},
                       {Py_tp_clear, reinterpret_cast<void*>(&clear_function)},
                       {Py_tp_call, reinterpret_cast<void*>(&PyVectorcall_Call)},
                       {Py_tp_repr, reinterpret_cast<void*>(&text_of)},
                       {Py_tp_members, members},
                       {Py_tp_getset, getters},
                       {Py_tp_methods, methods},
                       {0, nullptr}};

PyType_Spec spec = {"hpxpy._core.Function", sizeof(Function), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL, slots};

}  // namespace

void bind_functions(nb::module_& m) {
    nb::object type = nb::steal(PyType_FromSpec(&spec));
    if (!type.is_valid()) nb::raise_python_error();
    m.attr("_Function") = type;
    m.def(
        "_set_in_type",
        [](nb::handle owner, const char* name, nb::handle value) {
            auto* changed = reinterpret_cast<PyTypeObject*>(owner.ptr());
            if (PyDict_SetItemString(changed->tp_dict, name, value.ptr()) < 0)
                nb::raise_python_error();
            PyType_Modified(changed);
        },
        "Gives a type of nanobind, which Python may not change, an attribute.\n\n"
        "Communication: none.");
}

}  // namespace hpxpy
