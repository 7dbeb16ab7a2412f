// Sums of products over axes of two distributed arrays. Called by products.cpp and by the bindings for einsum and
// tensordot; what they say of the axes is their labels.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// The name of an axis: axes of both operands with one label are the same axis.
using Labels = std::vector<int>;

/// An operand, and the label of each of its axes.
struct Term {
    Array x;
    Labels labels;

    /// Which axis has the label; -1 if none has.
    int axis(int label) const {
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] == label) return static_cast<int>(i);
        return -1;
    }
    bool has(int label) const { return axis(label) >= 0; }
};

/// Every label of the operands, by what becomes of it: `batch` stays and is in both operands, or one of them is stretched
/// along it, `rows` stays and is in the left one alone, `columns` in the right one alone, `summed` is in both.
struct Groups {
    Labels batch, rows, columns, summed;
};

/// The sum of products over the labels of `groups.summed`; axes of the result are those of batch, rows and columns in that
/// order. At least one operand is distributed; axes of one label have equal lengths.
Array contract(const char* function, const Term& left, const Term& right, const Groups& groups);

}  // namespace hpxpy
