// Products of matrices of distributed arrays, as contractions of their axes.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/products_distributed.hpp"

#include "algorithms/batches.hpp"
#include "algorithms/contraction.hpp"
#include "algorithms/parts.hpp"
#include "base/error.hpp"
#include "exchanges/check.hpp"

namespace hpxpy {

namespace {

// Labels of what is no batch; axes of the batch are numbered from the last one of it, from 0 on.
constexpr int row_label = 100, summed_label = 101, column_label = 102;

// Without an axis of length 1, which is stretched.
void drop(Term& term, int axis) {
    Array& x = term.x;
    if (x.distributed() && x.map()->deals(axis)) {
        int longest = axis == 0 ? 1 : 0;
        for (int i = 0; i < x.dimensions(); ++i)
            if (i != axis && x.shape()[i] > x.shape()[longest]) longest = i;
        x = on_map(x, maps::Map::block(longest, x.shape()[longest], x.map()->localities()));
    }
    std::vector<IndexItem> items(static_cast<std::size_t>(axis), Slice{});
    items.emplace_back(std::int64_t{0});
    items.emplace_back(Ellipsis{});
    x = index(x, items);
    x.value = false;
    term.labels.erase(term.labels.begin() + axis);
}

// A matrix, or a vector, at the end of a batch.
Term labelled(const Array& x, int first, int second) {
    Term term{x, {}};
    int batch = x.dimensions() - (first >= 0) - (second >= 0);
    for (int i = 0; i < batch; ++i) term.labels.push_back(batch - 1 - i);
    for (int label : {first, second})
        if (label >= 0) term.labels.push_back(label);
    return term;
}

// Of vectors a reduction, whose bits do not depend on the number of localities that share them.
Array dot(const char* function, const Array& left, const Array& right) {
    const Input inputs[] = {&left, &right};
    check_replicated(function, inputs);
    DType dtype = common_dtype(inputs);
    bool boolean = dtype == DType::bool_;
    Array products = elementwise(boolean ? Op::logical_and : Op::multiply, inputs);
    ReduceOptions options;
    if (!boolean) options.dtype = dtype;
    return deliver(reduce(boolean ? Reduction::any : Reduction::sum, products, options));
}

}  // namespace

Array matmul_distributed(const char* function, const Array& left, const Array& right) {
    bool row = left.dimensions() == 1, column = right.dimensions() == 1;
    std::int64_t columns = left.shape()[left.dimensions() - 1];
    std::int64_t rows = right.shape()[column ? 0 : right.dimensions() - 2];
    if (columns != rows)
        fail<ValueError>(function, ": shapes ", to_string(left.shape()), " and ",
                         to_string(right.shape()), " do not fit: ", columns, " columns meet ", rows,
                         " rows");
    if (row && column) return dot(function, left, right);
    Term a = labelled(left, row ? -1 : row_label, summed_label);
    Term b = labelled(right, summed_label, column ? -1 : column_label);
    Dims batch = broadcast_shapes(function, row ? Dims{} : without_matrix(left.shape()),
                                  column ? Dims{} : without_matrix(right.shape()));
    Groups groups;
    if (!row) groups.rows.push_back(row_label);
    if (!column) groups.columns.push_back(column_label);
    groups.summed.push_back(summed_label);
    for (int i = 0; i < batch.size(); ++i) {
        int label = batch.size() - 1 - i;
        groups.batch.push_back(label);
        for (Term* term : {&a, &b})
            if (int axis = term->axis(label); axis >= 0 && term->x.shape()[axis] != batch[i])
                drop(*term, axis);
    }
    return contract(function, a, b, groups);
}

}  // namespace hpxpy
