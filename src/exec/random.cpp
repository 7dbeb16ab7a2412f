// Random numbers on the pool: a block asks for its elements by their positions in the whole array, so threads
// and localities change nothing.
// SPDX-License-Identifier: BSL-1.0
#include "exec/random.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "exec/parallel.hpp"

namespace hpxpy {

namespace {

void fill(DType dtype, void* out, const kernels::RandomStream& stream,
          const std::optional<WholeRange>& range, std::int64_t first, std::int64_t n) {
    if (range)
        kernels::random_integers(static_cast<std::uint64_t*>(out), stream, first, n, range->low,
                                 range->count);
    else if (dtype == DType::float64)
        kernels::random_uniform(static_cast<double*>(out), stream, first, n);
    else if (dtype == DType::float32)
        kernels::random_uniform(static_cast<float*>(out), stream, first, n);
    else
        kernels::random_bits(static_cast<std::uint64_t*>(out), stream, first, n);
}

// This locality's elements come in runs that are neighbours in the whole array: run r has the positions
// first + r * distance to first + r * distance + length - 1.
struct Runs {
    std::int64_t length;
    std::int64_t distance = 0;
    std::int64_t first = 0;
};

Runs runs_of(const Dims& shape, const Dims& local, const Place* place) {
    if (!place) return {element_count(local)};
    int axis = place->map.axis();
    std::int64_t row = 1;
    for (int i = axis + 1; i < shape.size(); ++i) row *= shape[i];
    return {row * local[axis], row * shape[axis], row * place->map.range(here().id).first};
}

}  // namespace

Array random_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                   const kernels::RandomStream& stream, const std::optional<WholeRange>& range) {
    bool fits = range ? dtype == DType::int64 || dtype == DType::uint64
                      : is_floating(dtype) || dtype == DType::uint64;
    if (!fits) fail<TypeError>("random: no numbers of ", name_of(dtype), " are made directly");
    element_count(shape);
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = local_shape(shape, place.get());
    allocate(*node);
    std::int64_t n = element_count(node->shape);
    Runs runs = runs_of(shape, node->shape, place.get());
    auto* bytes = static_cast<char*>(node->buffer->data());
    in_parts(part_count(n), n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            std::int64_t run = begin / runs.length, at = begin % runs.length;
            std::int64_t count = std::min(end - begin, runs.length - at);
            fill(dtype, bytes + begin * itemsize(dtype), stream, range,
                 runs.first + run * runs.distance + at, count);
            begin += count;
        }
    });
    return array_of(std::move(node), std::move(place));
}

}  // namespace hpxpy
