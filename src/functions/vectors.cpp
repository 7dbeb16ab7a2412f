// Every locality takes part in each step, and all of them learn of an error that one had.
// SPDX-License-Identifier: BSL-1.0
#include "functions/vectors.hpp"

#include <cstring>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "comm/vectors.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {
namespace {

comm::Vectors& vectors(const char* function) {
    ensure_started();
    if (comm::Vectors* vectors = named_vectors()) return *vectors;
    fail<RuntimeError>(function,
                       ": only HPX has partitioned vectors; start with engine 'hpx' "
                       "(hpx.init(engine='hpx'), HPXPY_ENGINE=hpx or hpxpy run --engine hpx)");
}

void check_type(const char* function, const comm::Vectors& vectors, DType dtype) {
    if (!vectors.has(dtype))
        fail<TypeError>(function, ": HPX's partitioned vectors have no type ",
                        hpxpy::name_of(dtype), " here; use one of ", vectors.types());
}

void agree(const char* function, const std::string& name, DType dtype, const Dims& shape) {
    comm::Signature mine;
    mine.function = function;
    mine.op = name;
    mine.dtype = dtype;
    mine.shape = shape;
    comm::agree(world(), mine);
}

/// Runs `call` everywhere; if it fails somewhere, everybody throws the error of the lowest locality.
void together(const char* function, const std::function<void()>& call) {
    std::string problem;
    try {
        call();
    } catch (const std::exception& error) {
        problem = error.what();
        if (problem.empty()) problem = "unknown error";
    }
    auto size = static_cast<std::int64_t>(problem.size());
    for (const auto& text : comm::all_gather_bytes(world(), function, {problem.data(), size}))
        if (!text.empty())
            throw ValueError(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
}

/// The array that looks at this locality's part.
Array looking_at(comm::NamedVector found, DType dtype) {
    std::int64_t own = found.sizes[static_cast<std::size_t>(world().id())];
    auto owner = std::make_unique<std::shared_ptr<void>>(std::move(found.owner));
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = {own};
    auto release = [](void* kept) { delete static_cast<std::shared_ptr<void>*>(kept); };
    node->buffer = Buffer::borrow(found.data, own * itemsize(dtype), true, owner.get(), release);
    (void)owner.release();
    return array_of(std::move(node), std::make_shared<Place>(
                                         Place{{found.length}, maps::Map::blocks(0, found.sizes)}));
}

}  // namespace

Array to_named_vector(const Array& x, const std::string& name) {
    const char* function = "to_partitioned_vector";
    comm::Vectors& all = vectors(function);
    if (!x.distributed() || x.dimensions() != 1)
        fail<TypeError>(function,
                        ": a partitioned vector holds a distributed array of 1 dimension, not ",
                        x.distributed() ? "one" : "a local one", " of shape ", to_string(x.shape()),
                        "; use reshape, or distribution='block' when it is made");
    check_type(function, all, x.dtype());
    if (x.shape()[0] == 0) fail<ValueError>(function, ": an empty array has no partitions");
    // Parts are blocks, in the order of localities.
    maps::Map blocks = maps::Map::block(0, x.shape()[0], world().size());
    bool fits = x.map()->is_simple() && x.map()->dealt()[0].step > 0;
    Array from = fits ? x : deliver(redistribute(x, &blocks));
    std::vector<std::int64_t> sizes = from.map()->sizes(from.map()->dealt()[0]);
    Array block = copy(from);
    comm::NamedVector found;
    {
        come_after_earlier(world());
        comm::Turn turn(world(), function);
        Waiting released;
        agree(function, name, x.dtype(), x.shape());
        together(function, [&] {
            if (world().id() == 0) all.make(name, x.dtype(), sizes);
        });
        together(function, [&] {
            found = all.find(name, x.dtype());
            if (found.sizes != sizes)
                fail<RuntimeError>(function, ": HPX dealt the vector '", name, "' out otherwise");
            if (std::int64_t bytes = block.view.count() * itemsize(x.dtype()))
                std::memcpy(found.data, block.node->bytes(), static_cast<std::size_t>(bytes));
        });
    }
    return looking_at(std::move(found), x.dtype());
}

Array from_named_vector(const std::string& name, DType dtype) {
    const char* function = "from_partitioned_vector";
    comm::Vectors& all = vectors(function);
    check_type(function, all, dtype);
    know_localities();
    comm::NamedVector found;
    Ref<Node> node(new Node);
    std::shared_ptr<const Place> place;
    {
        come_after_earlier(world());
        comm::Turn turn(world(), function);
        Waiting released;
        agree(function, name, dtype, {});
        together(function, [&] {
            found = all.find(name, dtype);
            if (!found.sizes.empty()) return;
            place = block_place(function, {found.length}, 0);
            maps::Range own = place->map.range(world().id());
            node->dtype = dtype;
            node->shape = {own.length()};
            allocate(*node);
            all.read(name, dtype, own.first, own.length(), node->bytes());
        });
    }
    return place ? array_of(std::move(node), std::move(place))
                 : looking_at(std::move(found), dtype);
}

}  // namespace hpxpy
