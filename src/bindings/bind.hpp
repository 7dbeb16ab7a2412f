// The parts of the module, one function a file; module.cpp calls them.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <tuple>
#include <type_traits>

#include "bindings/convert.hpp"

namespace hpxpy {

void bind_errors(nb::module_& m);
void bind_policies(nb::module_& m);
void bind_runtime(nb::module_& m);
nb::class_<PyArray> bind_array(nb::module_& m);
void bind_creation(nb::module_& m, nb::class_<PyArray>& array);
void bind_manipulation(nb::module_& m, nb::class_<PyArray>& array);
void bind_searching(nb::module_& m);
void bind_operations(nb::module_& m, nb::class_<PyArray>& array);
void bind_scans(nb::module_& m, nb::class_<PyArray>& array);
void bind_random(nb::module_& m);
void bind_statistics(nb::module_& m);
void bind_linalg(nb::module_& m);
void bind_distribution(nb::module_& m, nb::class_<PyArray>& array);
void bind_collectives(nb::module_& m);
void bind_remote(nb::module_& m);
void bind_plan(nb::module_& m);
void bind_functions(nb::module_& m);

/// The number, item and buffer slots of ndarray.
extern PyType_Slot operator_slots[];

/// What `call` gives under an execution policy, an object or name of hpx.execution; `arguments` are its own.
nb::object under_policy(nb::handle policy, const nb::object& call, const nb::object& arguments);

template <class T>
using Kept = std::conditional_t<std::is_same_v<T, nb::handle>, nb::object, T>;

template <class T>
T keep(T value) {
    return value;
}
inline nb::object keep(nb::handle value) { return nb::borrow(value); }

/// The function with one more parameter, a policy.
template <class F, class... A>
auto with_policy(const F& function, nb::object (F::*)(A...) const) {
    return [function](A... arguments, nb::handle policy) -> nb::object {
        if (policy.is_none()) return function(arguments...);
        std::tuple<Kept<A>...> kept{keep(arguments)...};
        nb::object call = nb::cpp_function([function, kept] {
            return std::apply([&](const auto&... given) { return function(given...); }, kept);
        });
        return under_policy(policy, call, nb::make_tuple(arguments...));
    };
}

/// x[key] and x[key] = value.
nb::object get_item(nb::handle self, nb::handle key);
void set_item(nb::handle self, nb::handle key, nb::handle value, bool temporary);

/// The positions of the elements that are not zero: a tuple of arrays, one an axis.
nb::object positions_of(nb::handle object);

/// Tells what waits for functions elsewhere that nothing comes any more.
void abandon_futures();

/// Turns the C++ exception in flight into the Python error indicator.
void set_python_error() noexcept;

}  // namespace hpxpy
