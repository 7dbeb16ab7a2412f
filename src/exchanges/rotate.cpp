// Rotations: each step is one message to the locality before.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/rotate.hpp"

#include <utility>

#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

Rotation::Rotation(const char* function, std::string title, DType dtype, std::vector<int> members,
                   std::vector<Dims> shapes, const Array& own)
    : function_(function),
      title_(std::move(title)),
      dtype_(dtype),
      members_(std::move(members)),
      shapes_(std::move(shapes)),
      block_(dense(own)) {
    while (members_[static_cast<std::size_t>(me_)] != world().id()) ++me_;
    owner_ = me_;
    start();
}

void Rotation::start() {
    comm::Communicator& group = world();
    auto size = static_cast<int>(members_.size());
    if (++steps_ >= size) return;
    auto member = [&](int i) { return members_[static_cast<std::size_t>(i % size)]; };
    int behind = member(me_ + size - 1), ahead = member(me_ + 1);
    const Dims& shape = shapes_[static_cast<std::size_t>((owner_ + 1) % size)];
    coming_ = new_array(dtype_, shape);
    std::vector<comm::ConstBytes> out(static_cast<std::size_t>(group.size()));
    std::vector<comm::Bytes> into(static_cast<std::size_t>(group.size()));
    std::int64_t bytes = itemsize(dtype_);
    out[static_cast<std::size_t>(behind)] = {bytes_at(block_), block_.view.count() * bytes};
    into[static_cast<std::size_t>(ahead)] = {bytes_at(coming_), coming_.view.count() * bytes};
    if (plan_record_open())
        record_exchange(group, title_, [&](int from, int to) {
            return from == group.id() ? out[static_cast<std::size_t>(to)].size
                                      : into[static_cast<std::size_t>(from)].size;
        });
    arrival_ = in_turn(group, function_, [&] {
        return comm::start_all_to_all(group, Traffic::rotate, out, into,
                                      {block_.node->buffer, coming_.node->buffer});
    });
    keep_until_sent(*block_.node, arrival_);
}

bool Rotation::next() {
    auto size = static_cast<int>(members_.size());
    if (steps_ >= size) return false;
    {
        Waiting waiting;
        comm::wait(arrival_);
    }
    block_ = std::move(coming_);
    owner_ = (owner_ + 1) % size;
    start();
    return true;
}

}  // namespace hpxpy
