// Plays one locality of many: every exchange is written down and is complete at once. What would arrive is filled with
// what this locality sends; of what a root tells, the true bytes are known where the root is played, too.
// SPDX-License-Identifier: BSL-1.0
#include "comm/plan/engine.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "comm/agreement.hpp"
#include "comm/locality.hpp"
#include "comm/plan/log.hpp"
#include "comm/plan/transcript.hpp"
#include "comm/play.hpp"
#include "maps/distribution.hpp"

namespace hpxpy::comm {
namespace {

/// What is played, as `config` or the environment says it.
struct Part {
    int localities = 0;
    int locality = 0;
    Play::Counts counts = Play::Counts::own;
    bool computes = true;
    std::string transcript{};
    Dims grid{};
    std::map<std::string, double> assumed{};  ///< values, by line of the program
};

int number_of(std::string_view word, std::string_view text) {
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        fail<ValueError>("init: engine 'plan': '", word, "' has no whole number from 0 on");
    return value;
}

Part part_of(std::vector<std::string> words) {
    if (const char* told = std::getenv(play_variable); told && *told) {
        std::istringstream text(told);
        words.clear();
        for (std::string word; text >> word;) words.push_back(word);
    }
    Part part;
    for (const std::string& word : words) {
        std::size_t equals = word.find('=');
        std::string name = word.substr(0, equals);
        std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (name == "localities") {
            part.localities = number_of(word, value);
        } else if (name == "locality") {
            part.locality = number_of(word, value);
        } else if (name == "grid") {
            for (std::size_t begin = 0; begin <= value.size();) {
                std::size_t end = std::min(value.find('x', begin), value.size());
                part.grid.push_back(
                    number_of(word, std::string_view(value).substr(begin, end - begin)));
                begin = end + 1;
            }
        } else if (name == "transcript") {
            part.transcript = value;
        } else if (name == "assume") {
            std::size_t last = value.rfind('=');
            char* end = nullptr;
            double number = last == std::string::npos ? 0 : std::strtod(&value[last + 1], &end);
            if (!end || end == &value[last + 1] || *end)
                fail<ValueError>("init: engine 'plan': '", word,
                                 "' tells no value; give assume=script.py:12=3.5");
            part.assumed[value.substr(0, last)] = number;
        } else if (name == "compute" && (value == "yes" || value == "no")) {
            part.computes = value == "yes";
        } else if (name == "counts" && value == "own") {
            part.counts = Play::Counts::own;
        } else if (name == "counts" && value == "uniform") {
            part.counts = Play::Counts::uniform;
        } else if (name == "counts" && value == "skewed") {
            part.counts = Play::Counts::skewed;
        } else {
            fail<ValueError>("init: engine 'plan' knows no '", word,
                             "'; it takes localities=N, locality=K, counts=own, uniform or skewed, "
                             "compute=yes or no");
        }
    }
    if (part.localities < 1)
        fail<ValueError>(
            "init: engine 'plan' plays one locality of many and must be told of how "
            "many; start the program with 'hpxpy plan -n N script.py', or give "
            "config=['localities=N', 'locality=K']");
    if (part.locality >= part.localities)
        fail<ValueError>("init: engine 'plan': locality=", part.locality, " is none of ",
                         part.localities, "; give 0 to ", part.localities - 1);
    return part;
}

class Done final : public Request {
public:
    bool test() override { return true; }
};

class PlayedCommunicator final : public Communicator, public Play {
public:
    explicit PlayedCommunicator(Part part) : part_(std::move(part)), transcript_(part_.transcript) {
        Locality here = this_locality(0);
        localities_.assign(static_cast<std::size_t>(part_.localities), here);
        for (int i = 0; i < part_.localities; ++i) localities_[static_cast<std::size_t>(i)].id = i;
    }

    int id() const override { return part_.locality; }
    int size() const override { return part_.localities; }
    const std::vector<Locality>& localities() const override { return localities_; }
    Play* play() override { return this; }

    Counts counts() const override { return part_.counts; }
    bool computes() const override { return part_.computes; }
    void values_decide() override { log_values_decide(); }
    void make_up(bool tellings) override { makes_up_ = tellings; }
    bool makes_up() const override { return makes_up_; }
    void value_read(void* bytes, std::int64_t size) override {
        std::string what = "read-" + present_site() + "-" + std::to_string(log_value_read());
        if (id() == 0)
            transcript_.tell(0, what, {bytes, size});
        else
            transcript_.share(0, what, {bytes, size});
    }
    std::string site() const override { return present_site(); }
    std::optional<double> assumed() const override {
        auto found = part_.assumed.find(present_site());
        if (found == part_.assumed.end()) return std::nullopt;
        return found->second;
    }
    void work_done(std::int64_t bytes, double operations) override { log_work(bytes, operations); }

    std::unique_ptr<Request> start_send(ConstBytes data, int peer, int) override {
        log_started({.kind = traffic_to_start(), .to = {{peer, data.size}}});
        return std::make_unique<Done>();
    }
    std::unique_ptr<Request> start_recv(Bytes data, int peer, int) override {
        log_started({.kind = traffic_to_start(), .from = {{peer, data.size}}});
        fill(data, {});
        return std::make_unique<Done>();
    }

    std::unique_ptr<Request> start_broadcast(Bytes data, int root) override {
        std::int64_t number = collectives++;
        bool gets = root != id() && data.size > 0;
        log_started({.kind = traffic_to_start(),
                     .received = {gets, gets ? data.size : 0},
                     .largest = data.size});
        if (size() == 1 || data.size == 0) return std::make_unique<Done>();
        if (makes_up_) {
            if (gets) fill(data, {});
            return std::make_unique<Done>();
        }
        if (!gets) {
            transcript_.tell(root, number, {data.data, data.size});
            return std::make_unique<Done>();
        }
        return transcript_.hear(root, number, [data](const std::vector<std::byte>& told) {
            copy_bytes(data.data, told.data(),
                       std::min(data.size, static_cast<std::int64_t>(told.size())));
        });
    }

    std::unique_ptr<Request> start_all_reduce(const void* in, void* out, std::int64_t items,
                                              const Joining& joining) override {
        std::int64_t number = collectives++;
        std::int64_t bytes = joining.bytes(in, items);
        if (joining.function == slot_joining.function)
            return start_agreement(*static_cast<const Slot*>(in), *static_cast<Slot*>(out), number);
        log_started(
            {.kind = Traffic::all_reduce, .received = from_others(bytes), .largest = bytes});
        if (part_.computes || bytes <= small) copy_bytes(out, in, bytes);
        return std::make_unique<Done>();
    }

    std::unique_ptr<Request> start_exclusive_scan(const void* in, void* out, std::int64_t items,
                                                  const Joining& joining, bool backwards) override {
        ++collectives;
        std::int64_t bytes = joining.bytes(in, items);
        std::int64_t before = backwards ? size() - 1 - id() : id();
        log_started(
            {.kind = traffic_to_start(), .received = {before, before * bytes}, .largest = bytes});
        // Items that are partly filled say which elements they have; those before are nobody's here.
        if (before > 0 && !joining.filled && (part_.computes || bytes <= small))
            copy_bytes(out, in, bytes);
        return std::make_unique<Done>();
    }

    std::unique_ptr<Request> start_all_gather(const void* in, void* out,
                                              std::span<const std::int64_t> sizes) override {
        ++collectives;
        auto mine = static_cast<std::size_t>(id());
        Started started{.kind = traffic_to_start()};
        auto* to = static_cast<std::byte*>(out);
        for (std::size_t p = 0; p < sizes.size(); ++p) {
            if (p != mine && sizes[p] > 0) {
                ++started.received.messages;
                started.received.bytes += sizes[p];
                started.largest = std::max(started.largest, sizes[p]);
            }
            fill({to, sizes[p]}, {in, sizes[mine]});
            to += sizes[p];
        }
        log_started(started);
        return std::make_unique<Done>();
    }

    std::unique_ptr<Request> start_all_to_all(std::span<const ConstBytes> out,
                                              std::span<const Bytes> in) override {
        std::int64_t number = collectives++;
        auto mine = static_cast<std::size_t>(id());
        Started started{.kind = traffic_to_start()};
        for (std::size_t p = 0; p < out.size(); ++p) {
            if (p == mine) continue;
            if (out[p].size > 0) started.to.emplace_back(static_cast<int>(p), out[p].size);
            if (in[p].size > 0) started.from.emplace_back(static_cast<int>(p), in[p].size);
        }
        log_started(started);
        if (in[mine].size > 0) copy_bytes(in[mine].data, out[mine].data, in[mine].size);
        if (scatters_from_ == id()) tell_parts(out, number);
        if (scatters_from_ >= 0 && scatters_from_ != id())
            return hear_part(in[static_cast<std::size_t>(scatters_from_)], number);
        for (std::size_t p = 0; p < in.size(); ++p)
            if (p != mine) fill(in[p], out[p].size > 0 ? out[p] : out[mine]);
        return std::make_unique<Done>();
    }

    std::unique_ptr<Communicator> split(int, int) override {
        fail<RuntimeError>(
            "split: which localities are in a group depends on what each of them gives, and one "
            "locality alone is played; plan the program without groups");
    }

    /// What another locality would take is taken here, as if it came from there.
    void post(int peer, std::vector<std::byte> message) override {
        if (peer != id())
            log_started({.kind = Traffic::function,
                         .from = {{peer, static_cast<std::int64_t>(message.size())}}});
        Receiver receiver;
        {
            std::lock_guard guard(posting_);
            if (!receiver_) {
                kept_.emplace_back(peer, std::move(message));
                return;
            }
            receiver = receiver_;
        }
        receiver(peer, std::move(message));
        arrivals_.tell();
    }
    void set_receiver(Receiver receiver) override {
        std::vector<std::pair<int, std::vector<std::byte>>> kept;
        {
            std::lock_guard guard(posting_);
            receiver_ = receiver;
            if (receiver) kept.swap(kept_);
        }
        for (auto& [from, message] : kept) receiver(from, std::move(message));
    }
    Arrivals* arrivals() override { return &arrivals_; }
    void free() override {}
    bool progress() override { return false; }
    [[noreturn]] void abort(int code) override { std::_Exit(code); }

private:
    /// So many bytes are filled even where nothing is computed.
    static constexpr std::int64_t small = 64 * 1024;

    Sent from_others(std::int64_t bytes) const {
        std::int64_t others = bytes > 0 ? size() - 1 : 0;
        return {others, others * bytes};
    }

    void fill(Bytes to, ConstBytes like) const {
        if (to.size <= 0 || (!part_.computes && to.size > small)) return;
        auto* bytes = static_cast<std::byte*>(to.data);
        if (like.size <= 0 || !like.data) {
            std::memset(bytes, 0, static_cast<std::size_t>(to.size));
            return;
        }
        std::int64_t done = std::min(to.size, like.size);
        std::memcpy(bytes, like.data, static_cast<std::size_t>(done));
        for (std::int64_t n = 0; done < to.size; done += n) {
            n = std::min(done, to.size - done);
            std::memcpy(bytes + done, bytes, static_cast<std::size_t>(n));
        }
    }

    /// All others are taken to call the same.
    std::unique_ptr<Request> start_agreement(const Slot& mine, Slot& out, std::int64_t number) {
        out = mine;
        const Call& call = mine.first;
        if (mine.meeting > 0) {
            out.meeting = size();
            return std::make_unique<Done>();
        }
        // Of a call with a root, others need not have an array.
        bool has_array = call.has_array && call.root < 0;
        log_call(Hash()
                     .add(static_cast<std::int64_t>(call.call))
                     .add(static_cast<std::int64_t>(has_array ? call.array : 0))
                     .value(),
                 Hash().add(call.function).add(call.op).add(call.root).value(),
                 describe_call(call));
        std::int64_t others = size() - 1, payload = mine.payload_bytes;
        std::int64_t rest = mine.bytes() - payload;
        if (payload > 0)
            log_started({.kind = Traffic::all_reduce, .received = {others, others * payload}});
        log_started({.kind = Traffic::agreement,
                     .exchanges = payload > 0 ? 0 : 1,
                     .received = {payload > 0 ? 0 : others, others * rest}});
        scatters_from_ = std::strcmp(call.function, "scatter") == 0 ? call.root : -1;
        if (call.root < 0 || size() == 1 || makes_up_) return std::make_unique<Done>();
        if (call.root == id()) {
            transcript_.tell(id(), number, {&mine, mine.bytes()});
            return std::make_unique<Done>();
        }
        if (call.has_array) return std::make_unique<Done>();
        return transcript_.hear(call.root, number, [&out](const std::vector<std::byte>& told) {
            Slot root;
            std::memcpy(static_cast<void*>(&root), told.data(), told.size());
            slot_joining.function(&root, &out, 1);
        });
    }

    void tell_parts(std::span<const ConstBytes> parts, std::int64_t number) const {
        std::vector<std::byte> bytes(parts.size() * sizeof(std::int64_t));
        std::vector<std::int64_t> sizes;
        for (const ConstBytes& part : parts) {
            sizes.push_back(part.size);
            const auto* first = static_cast<const std::byte*>(part.data);
            bytes.insert(bytes.end(), first, first + part.size);
        }
        std::memcpy(bytes.data(), sizes.data(), sizes.size() * sizeof(std::int64_t));
        transcript_.tell(id(), number, {bytes.data(), static_cast<std::int64_t>(bytes.size())});
    }

    std::unique_ptr<Request> hear_part(Bytes part, std::int64_t number) const {
        if (part.size == 0) return std::make_unique<Done>();
        return transcript_.hear(
            scatters_from_, number, [part, this](const std::vector<std::byte>& told) {
                std::vector<std::int64_t> sizes(static_cast<std::size_t>(size()));
                std::memcpy(sizes.data(), told.data(), sizes.size() * sizeof(std::int64_t));
                std::int64_t at =
                    std::accumulate(sizes.begin(), sizes.begin() + id(),
                                    static_cast<std::int64_t>(sizes.size() * sizeof(std::int64_t)));
                copy_bytes(part.data, told.data() + at, part.size);
            });
    }

    Part part_;
    Transcript transcript_;
    std::vector<Locality> localities_;
    int scatters_from_ = -1;
    bool makes_up_ = false;
    Arrivals arrivals_;
    std::mutex posting_;
    Receiver receiver_;
    std::vector<std::pair<int, std::vector<std::byte>>> kept_;
};

class PlanEngine final : public Engine {
public:
    std::string name() const override { return "plan"; }
    std::unique_ptr<Communicator> start(const Start& start) override {
        Part part = part_of(start.config);
        maps::set_usual_grid(part.grid);
        return std::make_unique<PlayedCommunicator>(std::move(part));
    }
    void stop() override {}
    void leave() override {}
};

}  // namespace

Engine& plan_engine() {
    static auto& engine = *new PlanEngine;
    return engine;
}

}  // namespace hpxpy::comm
