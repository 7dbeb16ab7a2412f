// The one action of the engine. HPX's TCP parcelport reads large arrays straight into the memory that
// deserialisation names, which is the awaited message's own: between two localities each byte is
// copied by the kernel alone. Small messages are there as soon as they are read, on the thread that reads the
// socket, and need not wait for the action's turn among HPX's threads.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/include/actions.hpp>
#include <hpx/include/post.hpp>
#include <hpx/include/runtime.hpp>
#include <hpx/modules/agas_base.hpp>
#include <hpx/modules/components_base.hpp>
#include <hpx/modules/naming.hpp>
#include <hpx/modules/parcelset.hpp>
#include <hpx/modules/serialization.hpp>
#include <hpx/runtime_distributed.hpp>
#include <hpx/runtime_distributed/server/runtime_support.hpp>

#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "comm/hpx/transport.hpp"

namespace hpxpy::comm::hpx_engine {

Mailbox& mailbox() {
    static auto& mailbox = *new Mailbox;
    return mailbox;
}

/// Messages that are not larger travel within their parcel.
constexpr std::int64_t inline_limit = 4096;

struct Message {
    Key key;
    std::int64_t size = 0;
    const std::byte* data = nullptr;
    std::shared_ptr<std::byte[]> copy;  ///< what `data` points to, where it was copied

    bool is_small() const { return size <= inline_limit; }

    template <class Archive>
    void save(Archive& archive, unsigned) const {
        archive << key.stream << key.index << key.source << size;
        if (is_small())
            archive.save_binary(data, static_cast<std::size_t>(size));
        else
            archive << bytes_at(data);
    }
    template <class Archive>
    void load(Archive& archive, unsigned) {
        archive >> key.stream >> key.index >> key.source >> size;
        std::byte* place = mailbox().place(key, size);
        if (is_small()) {
            archive.load_binary(place, static_cast<std::size_t>(size));
            mailbox().arrived(key);
        } else {
            archive >> bytes_at(place);
        }
    }
    HPX_SERIALIZATION_SPLIT_MEMBER()

private:
    hpx::serialization::array<char> bytes_at(const std::byte* first) const {
        auto chars = reinterpret_cast<char*>(const_cast<std::byte*>(first));
        return hpx::serialization::make_array(chars, static_cast<std::size_t>(size));
    }
};

void deliver(const Message& message) {
    if (!message.is_small()) mailbox().arrived(message.key);
}

}  // namespace hpxpy::comm::hpx_engine

HPX_PLAIN_DIRECT_ACTION(hpxpy::comm::hpx_engine::deliver, hpxpy_deliver_action)

namespace hpxpy::comm::hpx_engine {

#if defined(HPX_HAVE_NETWORKING)
namespace {

/// HPX does so when it sends a parcel and when that has left, so that none is under way when it finds that all
/// localities have come to the end.
void note_parcel() {
    if (auto* support = hpx::get_runtime_support_ptr()) support->dijkstra_make_black();
}

/// HPX would hand what its own threads do not send to one of them, which must wake up first and takes the
/// processor from who waits. Its TCP parcelport takes parcels from any thread.
bool put_at_once(hpx::naming::gid_type target, Message& message,
                 hpx::parcelset::write_handler_type& callback) {
    auto& runtime = hpx::get_runtime_distributed();
    auto port = runtime.get_parcel_handler().get_bootstrap_parcelport();
    hpx::naming::address address;
    if (std::string_view(port->type()) != "tcp" || !hpx::agas::resolve_local(target, address))
        return false;
    const auto& endpoints = hpx::agas::resolve_locality(address.locality_);
    auto endpoint = endpoints.find("tcp");
    if (endpoint == endpoints.end()) return false;
    note_parcel();
    auto parcel = hpx::parcelset::detail::create_parcel::call(
        std::move(target), std::move(address), hpxpy_deliver_action(), std::move(message));
    parcel.set_source_id(hpx::find_here());
    port->put_parcel(endpoint->second, std::move(parcel), std::move(callback));
    return true;
}

}  // namespace

void send(std::uint32_t locality, const Key& key, ConstBytes data, const TransferRef& transfer) {
    Message message{key, data.size, static_cast<const std::byte*>(data.data), {}};
    bool copied = data.size <= copied_limit;
    if (copied && data.size > 0) {
        message.copy.reset(new std::byte[static_cast<std::size_t>(data.size)]);
        std::memcpy(message.copy.get(), data.data, static_cast<std::size_t>(data.size));
        message.data = message.copy.get();
    }
    hpx::parcelset::write_handler_type callback =
        [transfer, copied](const std::error_code& error, const hpx::parcelset::parcel&) {
            note_parcel();
            if (copied) return;
            transfer->end(error ? Transfer::failed : Transfer::complete);
            mailbox().arrivals().tell();
        };
    hpx::id_type target = hpx::naming::get_id_from_locality_id(locality);
    try {
        if (!put_at_once(target.get_gid(), message, callback))
            hpx::post_cb<hpxpy_deliver_action>(target, std::move(callback), std::move(message));
        if (copied) transfer->end(Transfer::complete);
    } catch (const hpx::exception&) {
        transfer->end(Transfer::failed);
    }
}
#else
void send(std::uint32_t, const Key&, ConstBytes, const TransferRef& transfer) {
    // The engine starts with one locality only, which never sends.
    transfer->end(Transfer::failed);
}
#endif

}  // namespace hpxpy::comm::hpx_engine
