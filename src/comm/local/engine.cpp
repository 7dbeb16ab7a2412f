// The engine of one locality: every call is a copy, or nothing. Messages to oneself are kept until
// they are received.
// SPDX-License-Identifier: BSL-1.0
#include "comm/local/engine.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>

#include "base/bytes.hpp"
#include "comm/locality.hpp"

namespace hpxpy::comm {
namespace {

class Done final : public Request {
public:
    bool test() override { return true; }
};

/// Messages that were sent and receives that wait, matched in order by tag.
struct Mailbox {
    struct Message {
        int tag;
        std::vector<std::byte> bytes;
    };
    struct Receive {
        int tag;
        Bytes into;
        std::shared_ptr<std::atomic<int>> state;  ///< 1: received, 2: the sizes differ
    };
    std::mutex lock;
    std::list<Message> messages;
    std::list<Receive> receives;

    void match() {
        for (auto receive = receives.begin(); receive != receives.end();) {
            auto message = std::find_if(messages.begin(), messages.end(),
                                        [&](const Message& m) { return m.tag == receive->tag; });
            if (message == messages.end()) {
                ++receive;
                continue;
            }
            bool fits = static_cast<std::int64_t>(message->bytes.size()) == receive->into.size;
            if (fits) copy_bytes(receive->into.data, message->bytes.data(), receive->into.size);
            receive->state->store(fits ? 1 : 2);
            messages.erase(message);
            receive = receives.erase(receive);
        }
    }
};

class Receiving final : public Request {
public:
    explicit Receiving(std::shared_ptr<std::atomic<int>> state) : state_(std::move(state)) {}
    bool test() override {
        if (state_->load() == 2)
            fail<CommunicationError>("recv: the message of locality 0 has another size");
        return state_->load() == 1;
    }

private:
    std::shared_ptr<std::atomic<int>> state_;
};

class LocalCommunicator final : public Communicator {
public:
    int id() const override { return 0; }
    int size() const override { return 1; }
    const std::vector<Locality>& localities() const override { return localities_; }

    std::unique_ptr<Request> start_send(ConstBytes data, int, int tag) override {
        auto first = static_cast<const std::byte*>(data.data);
        std::lock_guard guard(mailbox_.lock);
        mailbox_.messages.push_back({tag, {first, first + data.size}});
        mailbox_.match();
        arrivals_.tell();
        return done();
    }
    std::unique_ptr<Request> start_recv(Bytes data, int, int tag) override {
        auto state = std::make_shared<std::atomic<int>>(0);
        std::lock_guard guard(mailbox_.lock);
        mailbox_.receives.push_back({tag, data, state});
        mailbox_.match();
        return std::make_unique<Receiving>(state);
    }
    std::unique_ptr<Request> start_broadcast(Bytes, int) override { return collective(); }
    std::unique_ptr<Request> start_all_reduce(const void* in, void* out, std::int64_t items,
                                              const Joining& joining) override {
        copy_bytes(out, in, items * joining.item_size);
        return collective();
    }
    std::unique_ptr<Request> start_exclusive_scan(const void*, void*, std::int64_t, const Joining&,
                                                  bool) override {
        return collective();
    }
    std::unique_ptr<Request> start_all_gather(const void* in, void* out,
                                              std::span<const std::int64_t> sizes) override {
        copy_bytes(out, in, sizes[0]);
        return collective();
    }
    std::unique_ptr<Request> start_all_to_all(std::span<const ConstBytes> out,
                                              std::span<const Bytes> in) override {
        copy_bytes(in[0].data, out[0].data, out[0].size);
        return collective();
    }
    std::unique_ptr<Communicator> split(int, int) override {
        return std::make_unique<LocalCommunicator>();
    }
    void post(int peer, std::vector<std::byte> message) override {
        if (peer != 0)
            fail<CommunicationError>("post: locality ", peer,
                                     " does not exist; this group has only locality 0");
        std::lock_guard guard(posting_);
        posted_.push_back(std::move(message));
        deliver();
    }
    void set_receiver(Receiver receiver) override {
        std::lock_guard guard(posting_);
        receiver_ = std::move(receiver);
        deliver();
    }
    Arrivals* arrivals() override { return &arrivals_; }
    void free() override {}
    bool progress() override { return false; }
    [[noreturn]] void abort(int code) override { std::_Exit(code); }

private:
    static std::unique_ptr<Request> done() { return std::make_unique<Done>(); }
    std::unique_ptr<Request> collective() {
        ++collectives;
        return done();
    }

    void deliver() {
        while (receiver_ && !posted_.empty()) {
            std::vector<std::byte> message = std::move(posted_.front());
            posted_.pop_front();
            receiver_(0, std::move(message));
        }
    }

    std::vector<Locality> localities_{this_locality(0)};
    Mailbox mailbox_;
    Arrivals arrivals_;
    std::mutex posting_;
    std::deque<std::vector<std::byte>> posted_;
    Receiver receiver_;
};

class LocalEngine final : public Engine {
public:
    std::string name() const override { return "local"; }
    std::unique_ptr<Communicator> start(const Start& start) override {
        if (!start.config.empty())
            fail<ValueError>("init: engine 'local' knows no config, but '", start.config[0],
                             "' was given; leave config empty");
        return std::make_unique<LocalCommunicator>();
    }
    void stop() override {}
    void leave() override {}
};

}  // namespace

Engine& local_engine() {
    static auto& engine = *new LocalEngine;
    return engine;
}

}  // namespace hpxpy::comm
