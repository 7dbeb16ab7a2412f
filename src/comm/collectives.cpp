// The collectives of arrays' memory: agreement first, then one message of the engine.
// SPDX-License-Identifier: BSL-1.0
#include "comm/collectives.hpp"

#include <cstring>
#include <numeric>

#include "base/bytes.hpp"
#include "comm/agreement.hpp"
#include "comm/progress.hpp"
#include "comm/sent.hpp"

namespace hpxpy::comm {
namespace {

std::byte* at(const Ref<Buffer>& buffer, std::int64_t offset) {
    return static_cast<std::byte*>(buffer->data()) + offset;
}

Ref<Buffer> copy_of(const void* data, std::int64_t bytes) {
    Ref<Buffer> buffer = Buffer::allocate(bytes);
    copy_bytes(buffer->data(), data, bytes);
    return buffer;
}

/// Memory to send from: small data are copied, so that nobody who writes to the original has to wait.
struct Sent {
    Sent(const Ref<Buffer>& data, std::int64_t offset, std::int64_t bytes) {
        bool small = bytes <= copied_send_limit;
        buffer = small ? copy_of(data ? at(data, offset) : nullptr, bytes) : data;
        first = at(buffer, small ? 0 : offset);
    }
    Ref<Buffer> buffer;
    const void* first;
};

std::int64_t bytes_of(const Signature& signature) {
    return element_count(signature.shape) * itemsize(signature.dtype);
}

/// Agreement and data in one message.
class SmallReduction final : public Agreeing {
public:
    SmallReduction(Communicator& group, const Slot& slot, std::byte* result)
        : Agreeing(group, slot), result_(result) {}

private:
    void finish() override {
        Agreeing::finish();
        copy_bytes(result_, out.payload, out.payload_bytes);
    }
    std::byte* result_;
};

}  // namespace

std::vector<std::int64_t> gather_numbers(Communicator& group, std::span<const std::int64_t> mine) {
    if (group.size() == 1) return {mine.begin(), mine.end()};
    struct Numbers final : Pending {
        std::vector<std::int64_t> in;
        std::vector<std::int64_t> out;
    };
    auto numbers = std::make_shared<Numbers>();
    auto bytes = static_cast<std::int64_t>(mine.size_bytes());
    count_to_others(group, Traffic::agreement, bytes);
    numbers->in.assign(mine.begin(), mine.end());
    numbers->out.resize(mine.size() * static_cast<std::size_t>(group.size()));
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(group.size()), bytes);
    launch(numbers,
           [&] { return group.start_all_gather(numbers->in.data(), numbers->out.data(), sizes); });
    wait(numbers);
    return numbers->out;
}

ExchangeRef start_all_reduce(Communicator& group, const Signature& mine, const Ref<Buffer>& in,
                             std::int64_t in_offset, const Ref<Buffer>& out, std::int64_t items,
                             const Joining& joining) {
    std::int64_t bytes = items > 0 ? joining.bytes(at(in, in_offset), items) : 0;
    if (group.size() == 1) {
        copy_bytes(out->data(), at(in, in_offset), bytes);
        return completed();
    }
    if (bytes <= small_payload || joining.filled) {
        Slot slot = make_slot(group, mine);
        if (items > 0) add_payload(slot, at(in, in_offset), items, joining);
        auto exchange = std::make_shared<SmallReduction>(group, slot, at(out, 0));
        exchange->pin(out);
        launch(exchange, group, bytes);
        return exchange;
    }
    agree(group, mine);
    auto exchange = std::make_shared<Pending>();
    Sent sent(in, in_offset, bytes);
    exchange->pin(sent.buffer);
    exchange->pin(out);
    count_to_others(group, Traffic::all_reduce, bytes);
    launch(exchange,
           [&] { return group.start_all_reduce(sent.first, out->data(), items, joining); });
    return exchange;
}

void exclusive_scan(Communicator& group, const Signature& mine, const void* in, void* out,
                    std::int64_t items, const Joining& joining, bool backwards) {
    if (group.size() == 1) return;
    agree(group, mine);
    auto exchange = std::make_shared<Pending>();
    count_to(backwards ? group.id() : group.size() - 1 - group.id(), Traffic::scan,
             joining.bytes(in, items));
    launch(exchange,
           [&] { return group.start_exclusive_scan(in, out, items, joining, backwards); });
    wait(exchange);
}

Received start_broadcast(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                         std::int64_t offset) {
    Received received{agree(group, mine), {}, completed()};
    std::int64_t bytes = bytes_of(received.signature);
    received.data =
        group.id() == mine.root ? copy_of(at(data, offset), bytes) : Buffer::allocate(bytes);
    if (group.size() == 1 || bytes == 0) return received;
    auto exchange = std::make_shared<Pending>();
    exchange->pin(received.data);
    count_given(group, Traffic::broadcast, mine.root, bytes);
    launch(exchange, [&] {
        return group.start_broadcast({received.data->data(), bytes}, mine.root);
    });
    received.exchange = exchange;
    return received;
}

Gathered start_gather(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                      std::int64_t offset, int root) {
    int size = group.size();
    agree(group, mine);
    Gathered gathered;
    gathered.shapes.assign(size, mine.shape);
    int dimensions = mine.shape.size();
    if (mine.shapes_may_differ && size > 1 && dimensions > 0) {
        auto lengths =
            gather_numbers(group, {mine.shape.data(), static_cast<std::size_t>(dimensions)});
        for (int p = 0; p < size; ++p)
            std::copy_n(&lengths[static_cast<std::size_t>(p) * dimensions], dimensions,
                        gathered.shapes[p].begin());
    }

    std::vector<std::int64_t> sizes(size);
    for (int p = 0; p < size; ++p)
        sizes[p] = element_count(gathered.shapes[p]) * itemsize(mine.dtype);
    gathered.offsets.resize(size);
    std::exclusive_scan(sizes.begin(), sizes.end(), gathered.offsets.begin(), std::int64_t{0});
    std::int64_t total = gathered.offsets.back() + sizes.back();
    std::int64_t own = sizes[group.id()];

    bool receives = root < 0 || root == group.id();
    if (receives) gathered.data = Buffer::allocate(total);
    if (size == 1) {
        copy_bytes(gathered.data->data(), data ? at(data, offset) : nullptr, own);
        gathered.exchange = completed();
        return gathered;
    }
    auto exchange = std::make_shared<Pending>();
    Sent sent(data, offset, own);
    exchange->pin(sent.buffer);
    exchange->pin(gathered.data);
    launch(exchange, [&] {
        if (root < 0) {
            count_to_others(group, Traffic::all_gather, own);
            return group.start_all_gather(sent.first, gathered.data->data(), sizes);
        }
        std::vector<ConstBytes> out(size);
        std::vector<Bytes> in(size);
        out[root] = {sent.first, own};
        if (receives)
            for (int p = 0; p < size; ++p)
                in[p] = {at(gathered.data, gathered.offsets[p]), sizes[p]};
        count_parts(group, Traffic::gather, out);
        return group.start_all_to_all(out, in);
    });
    gathered.exchange = exchange;
    if (!receives) {
        gathered.shapes.clear();
        gathered.offsets.clear();
    }
    return gathered;
}

Received start_scatter(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                       int root, const PartOf& part) {
    Received received{agree(group, mine), {}, completed()};
    const Signature& whole = received.signature;
    bool gives = group.id() == root;
    maps::Range own = part(whole, group.id());
    received.data = Buffer::allocate(own.length());
    if (group.size() == 1) {
        copy_bytes(received.data->data(), own.length() ? at(data, own.first) : nullptr,
                   own.length());
        return received;
    }
    auto exchange = std::make_shared<Pending>();
    exchange->pin(received.data);
    std::vector<ConstBytes> out(group.size());
    std::vector<Bytes> in(group.size());
    in[root] = {received.data->data(), own.length()};
    if (gives) {
        Sent sent(data, 0, bytes_of(whole));
        exchange->pin(sent.buffer);
        for (int p = 0; p < group.size(); ++p) {
            maps::Range range = part(whole, p);
            out[p] = {static_cast<const std::byte*>(sent.first) + range.first, range.length()};
        }
    }
    count_parts(group, Traffic::scatter, out);
    launch(exchange, [&] { return group.start_all_to_all(out, in); });
    received.exchange = exchange;
    return received;
}

ExchangeRef start_all_to_all(Communicator& group, Traffic kind, std::vector<ConstBytes> out,
                             std::vector<Bytes> in, std::vector<Ref<Buffer>> keep) {
    auto exchange = std::make_shared<Pending>();
    for (Ref<Buffer>& buffer : keep) exchange->pin(std::move(buffer));
    count_parts(group, kind, out);
    launch(exchange, [&] { return group.start_all_to_all(out, in); });
    return exchange;
}

void barrier(Communicator& group, const std::string& name) {
    Signature mine;
    mine.function = "barrier";
    mine.op = name;
    mine.has_array = false;
    agree(group, mine);
}

std::vector<std::byte> broadcast_bytes(Communicator& group, const std::string& function,
                                       ConstBytes data, int root) {
    Signature mine;
    mine.function = function;
    mine.dtype = DType::uint8;
    mine.root = root;
    mine.has_array = group.id() == root;
    Ref<Buffer> given;
    if (mine.has_array) {
        mine.shape = {data.size};
        given = copy_of(data.data, data.size);
    }
    Received received = start_broadcast(group, mine, given, 0);
    wait(received.exchange);
    std::vector<std::byte> bytes(bytes_of(received.signature));
    copy_bytes(bytes.data(), received.data->data(), static_cast<std::int64_t>(bytes.size()));
    return bytes;
}

std::vector<std::vector<std::byte>> all_gather_bytes(Communicator& group,
                                                     const std::string& function, ConstBytes data) {
    Signature mine;
    mine.function = function;
    mine.dtype = DType::uint8;
    mine.shape = {data.size};
    mine.shapes_may_differ = true;
    Gathered gathered = start_gather(group, mine, copy_of(data.data, data.size), 0, -1);
    wait(gathered.exchange);
    std::vector<std::vector<std::byte>> all(group.size());
    for (int p = 0; p < group.size(); ++p) {
        const std::byte* first = at(gathered.data, gathered.offsets[p]);
        all[p].assign(first, first + gathered.shapes[p][0]);
    }
    return all;
}

}  // namespace hpxpy::comm
