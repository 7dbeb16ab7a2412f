// Shapes, strides and broadcasting.
// SPDX-License-Identifier: BSL-1.0
#include "base/shape.hpp"

#include <cstdlib>
#include <numeric>
#include <vector>

#include "base/error.hpp"

namespace hpxpy {

void Dims::grow(int size) {
    if (size > max_dimensions)
        fail<ValueError>("array: ", size, " dimensions asked for; at most ", max_dimensions,
                         " are supported");
    auto values = std::make_unique<std::int64_t[]>(max_dimensions);
    std::copy(inline_.begin(), inline_.begin() + size_, values.get());
    heap_ = std::move(values);
}

std::int64_t element_count(const Dims& shape) {
    std::int64_t count = 1;
    bool overflow = false;
    for (std::int64_t length : shape) {
        if (length == 0) return 0;
        overflow |= __builtin_mul_overflow(count, length, &count);
    }
    if (overflow)
        fail<ValueError>("array: shape ", to_string(shape), " has more than 2^63 - 1 elements");
    return count;
}

Dims dense_strides(const Dims& shape) {
    Dims strides(shape.size());
    std::int64_t step = 1;
    for (int i = shape.size() - 1; i >= 0; --i) {
        strides[i] = step;
        step *= std::max<std::int64_t>(shape[i], 1);
    }
    return strides;
}

std::string listed(std::span<const std::int64_t> numbers) {
    std::string text;
    for (std::int64_t number : numbers) text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
}

std::string to_string(const Dims& shape) {
    std::string text = "(";
    for (int i = 0; i < shape.size(); ++i) {
        if (i) text += ", ";
        text += std::to_string(shape[i]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

bool View::is_contiguous() const {
    std::int64_t step = 1;
    for (int i = shape.size() - 1; i >= 0; --i) {
        if (shape[i] == 0) return true;
        if (shape[i] == 1) continue;
        if (strides[i] != step) {
            return std::find(shape.begin(), shape.end(), 0) != shape.end();
        }
        step *= shape[i];
    }
    return true;
}

Extent extent(const View& view) {
    Extent range{view.offset, view.offset + 1};
    for (int i = 0; i < view.dimensions(); ++i) {
        if (view.shape[i] == 0) return {0, 0};
        std::int64_t reach = (view.shape[i] - 1) * view.strides[i];
        (reach < 0 ? range.first : range.last) += reach;
    }
    return range;
}

namespace {

// Whether numbers 0 <= k[i] <= most[i] exist such that the sum of stride[i] * k[i] is a given one.
class StrideSum {
public:
    // The ways between two elements of the view.
    void add(const View& view) {
        for (int i = 0; i < view.dimensions(); ++i) {
            std::int64_t stride = view.strides[i], most = view.shape[i] - 1;
            if (stride == 0 || most == 0) continue;
            terms_.push_back({std::abs(stride), most, 0, 0});
        }
    }

    bool reaches(std::int64_t sum) {
        std::sort(terms_.begin(), terms_.end(),
                  [](const Term& a, const Term& b) { return a.stride > b.stride; });
        std::int64_t reach = 0, divisor = 0;
        for (std::size_t i = terms_.size(); i-- > 0;) {
            reach += terms_[i].stride * terms_[i].most;
            divisor = std::gcd(divisor, terms_[i].stride);
            terms_[i].reach = reach;
            terms_[i].divisor = divisor;
        }
        return reaches(sum, 0);
    }

private:
    struct Term {
        std::int64_t stride, most;
        std::int64_t reach, divisor;  ///< of this term and those behind it
    };

    bool reaches(std::int64_t sum, std::size_t first) {
        if (sum == 0) return true;
        if (first == terms_.size()) return false;
        const Term& term = terms_[first];
        if (sum < 0 || sum > term.reach || sum % term.divisor != 0) return false;
        std::int64_t behind = term.reach - term.stride * term.most;
        std::int64_t least = sum > behind ? (sum - behind + term.stride - 1) / term.stride : 0;
        for (std::int64_t k = std::min(term.most, sum / term.stride); k >= least; --k)
            if (++tried_ > most_tried || reaches(sum - k * term.stride, first + 1)) return true;
        return false;
    }

    static constexpr int most_tried = 1000;
    std::vector<Term> terms_;
    int tried_ = 0;
};

}  // namespace

bool may_overlap(const View& a, const View& b) {
    if (a.count() == 0 || b.count() == 0) return false;
    StrideSum sum;
    sum.add(a);
    sum.add(b);
    // Steps up from a's lowest element and steps down from b's highest one meet where both are one.
    return sum.reaches(extent(b).last - 1 - extent(a).first);
}

Dims broadcast_shapes(const char* function, const Dims& a, const Dims& b) {
    const Dims& longer = a.size() >= b.size() ? a : b;
    const Dims& shorter = a.size() >= b.size() ? b : a;
    Dims result = longer;
    int shift = longer.size() - shorter.size();
    for (int i = 0; i < shorter.size(); ++i) {
        std::int64_t& length = result[i + shift];
        if (length == 1)
            length = shorter[i];
        else if (shorter[i] != 1 && shorter[i] != length)
            fail<ValueError>(function, ": shapes ", to_string(a), " and ", to_string(b),
                             " do not broadcast: axis ", i + shift, " has lengths ", length,
                             " and ", shorter[i], "; lengths must be equal, or one of them 1");
    }
    return result;
}

View broadcast_view(const View& view, const Dims& shape) {
    if (view.shape == shape) return view;
    View result{view.offset, shape, Dims(shape.size())};
    int shift = shape.size() - view.dimensions();
    for (int i = 0; i < view.dimensions(); ++i)
        if (view.shape[i] == shape[i + shift]) result.strides[i + shift] = view.strides[i];
    return result;
}

View permuted(const View& view, const Dims& order) {
    View result = view;
    for (int i = 0; i < order.size(); ++i) {
        result.shape[i] = view.shape[static_cast<int>(order[i])];
        result.strides[i] = view.strides[static_cast<int>(order[i])];
    }
    return result;
}

View permuted_back(const View& view, const Dims& order) {
    View result = view;
    for (int i = 0; i < order.size(); ++i) {
        result.shape[static_cast<int>(order[i])] = view.shape[i];
        result.strides[static_cast<int>(order[i])] = view.strides[i];
    }
    return result;
}

int normalize_axis(const char* function, std::int64_t axis, int dimensions) {
    if (axis < -dimensions || axis >= dimensions)
        fail<AxisError>(function, ": axis ", axis, " is out of range for an array of ", dimensions,
                        dimensions == 1 ? " dimension" : " dimensions");
    return static_cast<int>(axis < 0 ? axis + dimensions : axis);
}

}  // namespace hpxpy
