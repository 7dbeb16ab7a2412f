// Creation functions that are more than a constant.
// SPDX-License-Identifier: BSL-1.0
#include "functions/creation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

namespace hpxpy {

using maps::Distribution;

std::shared_ptr<const Place> new_place(const char* function, const Distribution& asked,
                                       const Dims& shape, std::optional<std::int64_t> axis) {
    if (asked.kind == Distribution::Kind::none) return nullptr;
    know_localities();
    return place_of(function, asked, shape, axis);
}

std::optional<Array> dealt(const char* function, const Array& x, const Distribution& asked,
                           std::optional<std::int64_t> axis, std::optional<DType> dtype) {
    auto place = new_place(function, asked, x.shape(), axis);
    if (!place) return std::nullopt;
    Array own = deliver(redistribute(x, &place->map));
    if (x.distributed()) return own;
    Array result = convert_dense(own, dtype.value_or(own.dtype()));
    evaluate(result);
    return result;
}

std::optional<Array> along_its_axis(const char* function, const Array& x, const Dims& shape,
                                    const Distribution& asked, std::optional<std::int64_t> axis) {
    auto place = new_place(function, asked, shape, axis);
    if (!place) return std::nullopt;
    maps::Map map = place->map.fitting(x.shape());
    return copy(deliver(redistribute(x, &map)));
}

std::optional<Array> as_array(const char* function, const Array& given, std::optional<DType> dtype,
                              std::optional<bool> copied, const Distribution& asked,
                              std::optional<std::int64_t> axis) {
    Array x = given;
    bool same = !dtype || *dtype == x.dtype();
    if (!same && copied == false)
        fail<ValueError>(function, ": ", name_of(x.dtype()), " as ", name_of(*dtype),
                         " needs a copy; leave out copy=False");
    if (!same) x = deliver(convert(x, *dtype));
    // The program's default is for what is no array yet.
    if (asked.kind != Distribution::Kind::none && !asked.standing) {
        auto place = new_place(function, asked, x.shape(), axis);
        if (!x.distributed()) {
            std::optional<Array> own = dealt(function, x, asked, axis);
            return own ? std::move(*own) : x;
        }
        if (!x.map()->same_owners(place->map, x.shape()))
            return deliver(redistribute(x, &place->map));
    }
    if (copied != true && same) return std::nullopt;
    if (same) x = deliver(convert(x, x.dtype()));
    x.value = false;
    return x;
}

namespace {

// Wide enough for what integers of 64 bits differ by.
using Whole = __int128;

Whole whole_of(const Scalar& x) {
    return kind_of(x.dtype) == Kind::unsigned_integer ? Whole(x.as<std::uint64_t>())
                                                      : Whole(x.as<std::int64_t>());
}

std::int64_t length_of(Whole count) {
    if (count > std::numeric_limits<std::int64_t>::max())
        fail<ValueError>("arange: a range of more than 2^63 elements does not fit into memory");
    return static_cast<std::int64_t>(count);
}

// As an integer, or float64 where it does not fit into 64 bits.
Scalar sum_of(const Scalar& a, const Scalar& b) {
    Whole sum = whole_of(a) + whole_of(b);
    if (sum >= 0 && sum <= std::numeric_limits<std::uint64_t>::max())
        return Scalar::of(static_cast<std::uint64_t>(sum));
    if (sum < 0 && sum >= std::numeric_limits<std::int64_t>::min())
        return Scalar::of(static_cast<std::int64_t>(sum));
    return Scalar::of(static_cast<double>(sum));
}

// As Python writes it.
std::string text_of(const Scalar& x) {
    if (x.dtype == DType::uint64) return std::to_string(x.as<std::uint64_t>());
    if (is_integer(x.dtype)) return std::to_string(x.as<std::int64_t>());
    char text[32];
    std::string number(text, std::to_chars(text, std::end(text), x.as<double>()).ptr);
    bool whole = number.find_first_not_of("-0123456789") == std::string::npos;
    return whole ? number + ".0" : number;
}

std::int64_t range_length(const Scalar& start, const Scalar& stop, const Scalar& step, bool whole) {
    if (whole) {
        Whole from = whole_of(start), to = whole_of(stop), by = whole_of(step);
        if (by > 0 && from < to) return length_of((to - from - 1) / by + 1);
        if (by < 0 && from > to) return length_of((from - to - 1) / -by + 1);
        return 0;
    }
    double length = std::ceil((stop.as<double>() - start.as<double>()) / step.as<double>());
    if (!(length < 9.2e18))
        fail<ValueError>("arange: ", text_of(start), " to ", text_of(stop), " in steps of ",
                         text_of(step), " has no finite length");
    return length > 0 ? static_cast<std::int64_t>(length) : 0;
}

// `count` values that begin with `first` and `second`. As NumPy: both are converted to the dtype, and what they
// differ by there is the step.
Array spaced(const Scalar& first, const Scalar& second, std::int64_t count, DType dtype,
             std::shared_ptr<const Place> place) {
    bool single = dtype == DType::float32 || dtype == DType::complex64;
    DType kind = is_integer(dtype) ? DType::int64 : single ? DType::float32 : DType::float64;
    auto begin_at = [&](const Scalar& value, bool counts) {
        return counts && is_integer(dtype) ? checked_scalar("arange", value, dtype).as_dtype(kind)
                                           : value.as_dtype(kind);
    };
    Scalar start = begin_at(first, count > 0), next = begin_at(second, count > 1);
    Scalar step = visit(kind, [&]<class T>() {
        if constexpr (std::is_same_v<T, std::int64_t>)
            return Scalar::of(
                static_cast<std::int64_t>(next.as<std::uint64_t>() - start.as<std::uint64_t>()));
        else if constexpr (std::is_floating_point_v<T>)
            return Scalar::of(static_cast<T>(next.as<T>() - start.as<T>()));
        else
            return start;
    });
    DType counted = is_integer(dtype) ? DType::int64 : DType::float64;
    Array x = count_up(0, count, counted, std::move(place));
    if (counted != kind) x = convert(x, kind);
    const Input scaled[] = {&x, step};
    if (step.as<double>() != 1) x = elementwise(Op::multiply, scaled);
    const Input moved[] = {&x, start};
    if (start.as<double>() != 0) x = elementwise(Op::add, moved);
    return dtype == kind ? x : convert(x, dtype);
}

// Booleans count as integers.
Scalar bound_of_range(const Scalar& x) {
    return x.dtype == DType::bool_ ? x.as_dtype(DType::int64) : x;
}

}  // namespace

Array arange(const Scalar& start, const Scalar& stop, const Scalar& step,
             std::optional<DType> dtype, const Distribution& asked,
             std::optional<std::int64_t> axis) {
    Scalar a = bound_of_range(start), b = bound_of_range(stop), s = bound_of_range(step);
    if (s.as<double>() == 0) fail<ValueError>("arange: step is 0; use a positive or negative step");
    DType natural = DType::int64;
    for (const Scalar& each : {a, b, s}) natural = promote(natural, each.dtype);
    DType wanted = dtype.value_or(natural);
    bool whole = is_integer(a.dtype) && is_integer(b.dtype) && is_integer(s.dtype);
    std::int64_t count = range_length(a, b, s, whole);
    if (wanted == DType::bool_ && count > 2)
        fail<TypeError>("arange: ", count, " booleans are no range; give at most 2, or a dtype");
    Scalar second = whole ? sum_of(a, s) : Scalar::of(a.as<double>() + s.as<double>());
    Array x = spaced(a, second, count, wanted, new_place("arange", asked, Dims{count}, axis));
    evaluate(x);
    return x;
}

Spaced linspace(const Scalar& start, const Scalar& stop, std::int64_t count, bool endpoint,
                std::optional<DType> dtype, const Distribution& asked,
                std::optional<std::int64_t> axis) {
    if (count < 0) fail<ValueError>("linspace: num=", count, " is negative; give 0 or more");
    bool complex = is_complex(start.dtype) || is_complex(stop.dtype);
    DType natural = complex ? DType::complex128 : DType::float64;
    DType wanted = dtype.value_or(natural);
    std::int64_t parts = endpoint ? count - 1 : count;
    Array index =
        count_up(0, count, DType::float64, new_place("linspace", asked, Dims{count}, axis));
    Array x = complex ? convert(index, natural) : index;
    auto value = [&](std::complex<double> v) { return Scalar::of(v).as_dtype(natural); };
    auto first = start.as<std::complex<double>>(), last = stop.as<std::complex<double>>();
    auto width = last - first;
    auto step = parts > 0 ? width / static_cast<double>(parts) : width;
    Scalar spacing =
        value(parts > 0 ? step : std::complex<double>(std::numeric_limits<double>::quiet_NaN()));
    // As NumPy: a step that underflows to 0 divides first.
    if (parts > 0 && step == 0.0) {
        const Input divided[] = {&x, value(static_cast<double>(parts))};
        x = elementwise(Op::divide, divided);
        step = width;
    }
    const Input scaled[] = {&x, value(step)};
    x = elementwise(Op::multiply, scaled);
    const Input moved[] = {&x, value(first)};
    x = elementwise(Op::add, moved);
    if (endpoint && count > 1) {
        const Input at_end[] = {&index, Scalar::of(static_cast<double>(count - 1))};
        Array is_last = elementwise(Op::equal, at_end);
        const Input chosen[] = {&is_last, value(last), &x};
        x = elementwise(Op::where, chosen);
    }
    if (is_integer(wanted)) {
        const Input whole[] = {&x};
        x = elementwise(Op::floor, whole);
    }
    if (wanted != natural) x = convert(x, wanted);
    evaluate(x);
    return {std::move(x), spacing};
}

Array eye(std::int64_t rows, std::int64_t columns, std::int64_t diagonal, DType dtype,
          const Distribution& asked, std::optional<std::int64_t> axis) {
    if (rows < 0 || columns < 0)
        fail<ValueError>("eye: shape (", rows, ", ", columns, ") has a negative length");
    // A diagonal beyond the matrix is as good as any other.
    diagonal = std::clamp(diagonal, -rows, columns);
    Dims shape{rows, columns};
    if (auto place = new_place("eye", asked, shape, axis)) {
        auto along = [&](int at, std::int64_t first) {
            Array x = positions(place->map.held(at, shape[at], here().id), first, DType::int64);
            const IndexItem turned[] = {Slice{}, NewAxis{}};
            return at == 0 ? index(x, turned) : x;
        };
        Array of_rows = along(0, diagonal), of_columns = along(1, 0);
        const Input compared[] = {&of_rows, &of_columns};
        Array x = convert(elementwise(Op::equal, compared), dtype);
        x.place = std::move(place);
        return deliver(std::move(x));
    }
    Array x = constant(shape, Scalar::of(false).as_dtype(dtype), nullptr);
    evaluate(x);
    // Row i has its one in column i + diagonal.
    std::int64_t first = std::max<std::int64_t>(0, -diagonal);
    std::int64_t count = std::min(rows, columns - diagonal) - first;
    if (count > 0) {
        Array ones = x;
        ones.view = {first * columns + first + diagonal, Dims{count}, Dims{columns + 1}};
        assign("eye", ones, Scalar::of(true));
    }
    return x;
}

}  // namespace hpxpy
