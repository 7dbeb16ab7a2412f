// Random numbers on the pool: a block asks for its elements by their positions in the whole array, so threads
// and localities change nothing.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/random.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "kernels/variates.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

using kernels::Parameter;
using kernels::RandomStream;

// A new array, made by calls fill(bytes, element, position, count) for ranges of this locality's elements that
// are neighbours in the whole array.
template <class Fill>
Array filled(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
             std::int64_t weight, const Fill& fill) {
    element_count(shape);
    maps::Positions positions(place ? &place->map : nullptr, shape, here().id);
    Dims local = local_shape(shape, place.get());
    std::int64_t n = element_count(local);
    Array result = new_array(dtype, local, std::move(place));
    if (leaves_blank(n)) {
        result.node->buffer->set_worth(Worth::blank);
        return result;
    }
    char* bytes = result.node->bytes();
    in_parts(part_count(n, weight), n, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            auto [position, length] = positions.at(begin);
            std::int64_t count = std::min(end - begin, length);
            fill(bytes + begin * itemsize(dtype), begin, position, count);
            begin += count;
        }
    });
    return result;
}

// This locality's part of a parameter in dense memory; of a parameter that is one number that alone.
template <class T>
class Part {
public:
    Part(const char* function, const Array& x, const Dims& shape, const Place* place, DType dtype)
        : step_(element_count(x.shape()) == 1 ? 0 : 1) {
        Array given = convert(x, dtype);
        if (!step_ && given.distributed()) given = deliver(redistribute(given, nullptr));
        if (step_) {
            given = deliver(conform(function, given, shape, place ? &place->map : nullptr));
            given.place = nullptr;
        }
        part_ = copy(given);
    }
    const T* values() const { return static_cast<const T*>(part_.node->buffer->data()); }
    std::int64_t step() const { return step_; }

private:
    std::int64_t step_;
    Array part_;
};

}  // namespace

Array random_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                   const RandomStream& stream) {
    if (!is_floating(dtype) && dtype != DType::uint64)
        fail<TypeError>("random: no numbers of ", name_of(dtype), " are made directly");
    return filled(dtype, shape, std::move(place), 1,
                  [&](char* out, std::int64_t, std::int64_t first, std::int64_t n) {
                      if (dtype == DType::float64)
                          kernels::random_uniform(reinterpret_cast<double*>(out), stream, first, n);
                      else if (dtype == DType::float32)
                          kernels::random_uniform(reinterpret_cast<float*>(out), stream, first, n);
                      else
                          kernels::random_bits(reinterpret_cast<std::uint64_t*>(out), stream, first,
                                               n);
                  });
}

namespace {

void random_uniform(DType dtype, char* out, const RandomStream& stream, std::int64_t first,
                    std::int64_t n) {
    if (dtype == DType::float64)
        kernels::random_uniform(reinterpret_cast<double*>(out), stream, first, n);
    else
        kernels::random_uniform(reinterpret_cast<float*>(out), stream, first, n);
}

// sqrt(log1p(-radius) * -2) * cos(angle * 2 pi), in the place of the radius.
class BoxMuller {
public:
    static constexpr std::int64_t most = 1024;

    explicit BoxMuller(DType dtype) : dtype_(dtype) {
        fill(minus_two_, -2.0);
        fill(turn_, 2.0 * std::acos(-1.0));
    }
    void operator()(char* radius, char* angle, std::int64_t n) const {
        apply(Op::negative, radius, nullptr, n);
        apply(Op::log1p, radius, nullptr, n);
        apply(Op::multiply, radius, minus_two_, n);
        apply(Op::sqrt, radius, nullptr, n);
        apply(Op::multiply, angle, turn_, n);
        apply(Op::cos, angle, nullptr, n);
        apply(Op::multiply, radius, angle, n);
    }

private:
    void fill(char* memory, double value) const {
        Scalar one = Scalar::of(value).as_dtype(dtype_);
        kernels::copies(itemsize(dtype_)).fill(memory, one.bytes, most);
    }
    void apply(Op op, char* x, const char* other, std::int64_t n) const {
        const void* in[] = {x, other, nullptr};
        kernels::elementwise(op, dtype_, 0)(x, in, n);
    }

    DType dtype_;
    alignas(64) char minus_two_[most * 8];
    alignas(64) char turn_[most * 8];
};

}  // namespace

Array random_normal(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                    const RandomStream& radius, const RandomStream& angle) {
    if (!is_floating(dtype))
        fail<TypeError>("random: no normal numbers of ", name_of(dtype), " are made");
    BoxMuller transform(dtype);
    return filled(dtype, shape, std::move(place), 16,
                  [&](char* out, std::int64_t, std::int64_t first, std::int64_t n) {
                      alignas(64) char angles[BoxMuller::most * 8];
                      for (std::int64_t done = 0; done < n; done += BoxMuller::most) {
                          std::int64_t taken = std::min(BoxMuller::most, n - done);
                          char* radii = out + done * itemsize(dtype);
                          random_uniform(dtype, radii, radius, first + done, taken);
                          random_uniform(dtype, angles, angle, first + done, taken);
                          transform(radii, angles, taken);
                      }
                  });
}

Array random_integers(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                      const RandomStream& stream, const Array& low, const Array& count) {
    if (dtype != DType::int64 && dtype != DType::uint64)
        fail<TypeError>("random: no numbers of ", name_of(dtype), " are made directly");
    using Whole = Part<std::uint64_t>;
    Whole lows("integers", low, shape, place.get(), DType::uint64);
    Whole counts("integers", count, shape, place.get(), DType::uint64);
    return filled(dtype, shape, std::move(place), 1,
                  [&](char* out, std::int64_t i, std::int64_t first, std::int64_t n) {
                      kernels::random_integers(
                          reinterpret_cast<std::uint64_t*>(out), stream, first, n,
                          {lows.values() + i * lows.step(), lows.step(),
                           counts.values() + i * counts.step(), counts.step()});
                  });
}

Array random_variates(Variates variates, const Dims& shape, std::shared_ptr<const Place> place,
                      const RandomStream& stream, std::span<const Array> parameters) {
    static constexpr const char* names[] = {"poisson",  "binomial", "gamma",         "beta",
                                            "vonmises", "zipf",     "hypergeometric"};
    const char* name = names[static_cast<int>(variates)];
    std::vector<Part<double>> parts;
    std::vector<Parameter> given;
    for (const Array& x : parameters) {
        parts.emplace_back(name, x, shape, place.get(), DType::float64);
        given.push_back({parts.back().values(), parts.back().step()});
    }
    bool whole = variates == Variates::poisson || variates == Variates::binomial ||
                 variates == Variates::zipf || variates == Variates::hypergeometric;
    return filled(
        whole ? DType::int64 : DType::float64, shape, std::move(place), 16,
        [&](char* out, std::int64_t i, std::int64_t first, std::int64_t n) {
            auto* integers = reinterpret_cast<std::int64_t*>(out);
            auto* floats = reinterpret_cast<double*>(out);
            Parameter a = given[0].from(i);
            switch (variates) {
                case Variates::poisson:
                    return kernels::random_poisson(integers, stream, first, n, a);
                case Variates::binomial:
                    return kernels::random_binomial(integers, stream, first, n, a,
                                                    given[1].from(i));
                case Variates::gamma:
                    return kernels::random_gamma(floats, stream, first, n, a);
                case Variates::beta:
                    return kernels::random_beta(floats, stream, first, n, a, given[1].from(i));
                case Variates::vonmises:
                    return kernels::random_vonmises(floats, stream, first, n, a);
                case Variates::zipf:
                    return kernels::random_zipf(integers, stream, first, n, a);
                case Variates::hypergeometric:
                    return kernels::random_hypergeometric(integers, stream, first, n, a,
                                                          given[1].from(i), given[2].from(i));
            }
        });
}

}  // namespace hpxpy
