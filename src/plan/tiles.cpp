// The order in which a step goes over its domain: along memory, and in tiles where its operands lie in
// different orders, so that every cache line is used as a whole.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdlib>

#include "plan/step.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t line_bytes = 64;
// Fewer elements stay in the caches in any order.
constexpr std::int64_t least_elements = 32768;
constexpr std::int64_t tile_rows = 32;
constexpr std::int64_t tile_columns = 32;

template <class Visit>
void for_views(Step& step, const Visit& visit) {
    for (Load& load : step.loads) visit(load.view);
    for (Store& store : step.stores) visit(store.view);
}

// The axis along which the view's elements lie closest together, -1 if they all are far apart or one.
int near_axis(const View& view, std::int64_t size) {
    int found = -1;
    for (int i = 0; i < view.dimensions(); ++i) {
        std::int64_t stride = std::abs(view.strides[i]);
        if (view.shape[i] < 2 || stride == 0 || stride * size >= line_bytes) continue;
        if (found < 0 || stride < std::abs(view.strides[found])) found = i;
    }
    return found;
}

bool goes_by_position(const Step& step) {
    return !step.reductions.empty() ||
           std::any_of(step.instructions.begin(), step.instructions.end(),
                       [](const Instruction& instruction) {
                           return instruction.what == Instruction::What::count;
                       });
}

// The axes of the domain in the order of the memory that is written.
void order_axes(Step& step) {
    const View view = step.stores[0].view;
    std::vector<int> axes;
    for (int i = 0; i < step.domain.size(); ++i)
        if (step.domain[i] > 1) axes.push_back(i);
    auto farther = [&](int a, int b) {
        return std::abs(view.strides[a]) > std::abs(view.strides[b]);
    };
    if (std::is_sorted(axes.begin(), axes.end(), farther)) return;
    std::stable_sort(axes.begin(), axes.end(), farther);
    for (int i = 0; i < step.domain.size(); ++i)
        if (step.domain[i] == 1) axes.insert(axes.begin(), i);
    auto ordered = [&](const Dims& values) {
        Dims result;
        for (int axis : axes) result.push_back(values[axis]);
        return result;
    };
    for_views(step, [&](View& each) {
        each = {each.offset, ordered(each.shape), ordered(each.strides)};
    });
    step.domain = ordered(step.domain);
}

View part_of(const View& view, int axis, std::int64_t first, std::int64_t length) {
    View part = view;
    part.offset += first * view.strides[axis];
    part.shape[axis] = length;
    return part;
}

// `view` with both axes cut into pieces, which come last.
View tiled(const View& view, int rows_axis, std::int64_t rows, int columns_axis,
           std::int64_t columns) {
    View result = view;
    std::int64_t row_stride = view.strides[rows_axis], stride = view.strides[columns_axis];
    result.shape[rows_axis] /= rows;
    result.strides[rows_axis] *= rows;
    result.shape[columns_axis] /= columns;
    result.strides[columns_axis] *= columns;
    result.shape.push_back(rows);
    result.strides.push_back(row_stride);
    result.shape.push_back(columns);
    result.strides.push_back(stride);
    return result;
}

}  // namespace

void order_domain(Step& step) {
    int last = step.domain.size() - 1;
    if (goes_by_position(step) || step.stores.empty() || last < 1 || last + 3 > max_dimensions ||
        step.count() < least_elements)
        return;
    order_axes(step);
    while (last > 0 && step.domain[last] == 1) --last;
    if (step.domain[last] < tile_columns) return;
    auto consider = [&](const View& view, DType dtype) {
        std::int64_t size = itemsize(dtype);
        int near = near_axis(view, size);
        bool far = std::abs(view.strides[last]) * size >= line_bytes;
        if (step.tiled_axis < 0 && near >= 0 && near != last && far &&
            step.domain[near] >= line_bytes / size)
            step.tiled_axis = near;
    };
    for (const Load& load : step.loads) consider(load.view, load.node->dtype);
    for (const Store& store : step.stores) consider(store.view, store.node->dtype);
}

std::vector<Step> tiles(const Step& step) {
    int rows_axis = step.tiled_axis, columns_axis = step.domain.size() - 1;
    while (step.domain[columns_axis] == 1) --columns_axis;
    std::vector<Step> parts;
    // The whole tiles, and what is left of the domain on both sides.
    struct Piece {
        std::int64_t begin, count, length;
    };
    auto pieces = [&](int axis, std::int64_t length) {
        std::int64_t whole = step.domain[axis] / length * length;
        return std::vector<Piece>{{0, whole, length},
                                  {whole, step.domain[axis] - whole, step.domain[axis] - whole}};
    };
    for (const Piece& down : pieces(rows_axis, tile_rows))
        for (const Piece& across : pieces(columns_axis, tile_columns)) {
            if (down.count == 0 || across.count == 0) continue;
            Step part = step;
            part.tiled_axis = -1;
            for_views(part, [&](View& view) {
                view = part_of(view, rows_axis, down.begin, down.count);
                view = part_of(view, columns_axis, across.begin, across.count);
                view = tiled(view, rows_axis, down.length, columns_axis, across.length);
            });
            part.domain = part.stores[0].view.shape;
            parts.push_back(std::move(part));
        }
    return parts;
}

}  // namespace hpxpy
