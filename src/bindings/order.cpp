// SPDX-License-Identifier: BSL-1.0
#include "bindings/order.hpp"

#include "base/error.hpp"

namespace hpxpy {

namespace {

Dims reversed_axes(const Array& x) {
    Dims axes(x.dimensions());
    for (int i = 0; i < axes.size(); ++i) axes[i] = axes.size() - 1 - i;
    return axes;
}

bool first_axis_is_dense(const Array& x) {
    return permuted(x.view, reversed_axes(x)).is_contiguous();
}

}  // namespace

Order order_from(const char* function, nb::handle object, Order otherwise) {
    if (object.is_none()) return otherwise;
    std::string name = nb::isinstance<nb::str>(object) ? nb::cast<std::string>(object) : "";
    static constexpr std::pair<char, Order> known[] = {
        {'C', Order::c}, {'F', Order::f}, {'A', Order::a}, {'K', Order::k}};
    for (auto [letter, order] : known)
        if (name.size() == 1 && (name[0] == letter || name[0] == letter - 'A' + 'a')) return order;
    fail<ValueError>(function, ": order ", nb::repr(object).c_str(),
                     " does not exist; choose 'C', 'F', 'A' or 'K'");
}

Order settled(Order order, const Array& x) {
    if (x.distributed() && order != Order::f) return Order::c;
    if (order != Order::a) return order;
    return first_axis_is_dense(x) && !x.view.is_contiguous() ? Order::f : Order::c;
}

std::optional<Dims> axes_in(Order order, const Array& x) {
    order = settled(order, x);
    if (order == Order::c || x.dimensions() < 2) return std::nullopt;
    if (order == Order::f) return reversed_axes(x);
    const View* views[] = {&x.view};
    return result_order(views);
}

Array converted_in(const char* function, Order order, const Array& x, DType dtype) {
    order = settled(order, x);
    if (order == Order::k) return convert(x, dtype);
    if (order == Order::c || x.dimensions() < 2) return convert_dense(x, dtype);
    if (x.distributed())
        fail<ValueError>(function, ": order='F' cannot be met with a distribution");
    Dims axes = reversed_axes(x);
    std::vector<std::int64_t> order_of_axes(axes.begin(), axes.end());
    return permute(function, convert_dense(permute(function, x, order_of_axes), dtype),
                   order_of_axes);
}

bool lies_in(Order order, const Array& x) {
    switch (order) {
        case Order::k:
            return true;
        case Order::f:
            return first_axis_is_dense(x);
        case Order::a:
            return first_axis_is_dense(x) || x.view.is_contiguous();
        default:
            return x.view.is_contiguous();
    }
}

}  // namespace hpxpy
