// The one action of the engine. HPX's TCP parcelport reads large arrays straight into the memory that
// deserialisation names, which is the awaited message's own: between two localities each byte is
// copied by the kernel alone. Small messages are there as soon as they are read, on the thread that reads the
// socket, and need not wait for the action's turn among HPX's threads.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/include/actions.hpp>
#include <hpx/include/post.hpp>
#include <hpx/modules/naming.hpp>
#include <hpx/modules/serialization.hpp>

#include <cstring>
#include <system_error>
#include <utility>

#include "dist/hpx/transport.hpp"

namespace hpxpy::dist::hpx_engine {

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

}  // namespace hpxpy::dist::hpx_engine

HPX_PLAIN_DIRECT_ACTION(hpxpy::dist::hpx_engine::deliver, hpxpy_deliver_action)

namespace hpxpy::dist::hpx_engine {

#if defined(HPX_HAVE_NETWORKING)
void send(std::uint32_t locality, const Key& key, ConstBytes data, const TransferRef& transfer) {
    hpx::id_type target = hpx::naming::get_id_from_locality_id(locality);
    Message message{key, data.size, static_cast<const std::byte*>(data.data), {}};
    if (data.size <= copied_limit) {
        if (data.size > 0) {
            message.copy.reset(new std::byte[static_cast<std::size_t>(data.size)]);
            std::memcpy(message.copy.get(), data.data, static_cast<std::size_t>(data.size));
            message.data = message.copy.get();
        }
        hpx::post<hpxpy_deliver_action>(target, std::move(message));
        transfer->end(Transfer::complete);
        return;
    }
    hpx::post_cb<hpxpy_deliver_action>(
        target,
        [transfer](const std::error_code& error, const hpx::parcelset::parcel&) {
            transfer->end(error ? Transfer::failed : Transfer::complete);
        },
        std::move(message));
}
#else
void send(std::uint32_t, const Key&, ConstBytes, const TransferRef& transfer) {
    // The engine starts with one locality only, which never sends.
    transfer->end(Transfer::failed);
}
#endif

}  // namespace hpxpy::dist::hpx_engine
