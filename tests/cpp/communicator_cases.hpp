// What every engine's communicator must do, on any number of localities.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <unistd.h>

#include <cstring>
#include <mutex>
#include <numeric>

#include "world.hpp"

namespace hpxpy::comm {

using CommunicatorTest = WorldTest;

constexpr std::int64_t item_counts[] = {0, 1, 2, 3, 7, 100, 1000, 5000, 20001};

TEST_P(CommunicatorTest, KnowsWhoIsThere) {
    ASSERT_EQ(static_cast<int>(group.localities().size()), size);
    for (int p = 0; p < size; ++p) EXPECT_EQ(group.localities()[p].id, p);
    EXPECT_EQ(group.localities()[me].pid, getpid());
    EXPECT_GE(group.localities()[me].cores, 1);
    EXPECT_FALSE(group.localities()[me].host.empty());
}

TEST_P(CommunicatorTest, Broadcast) {
    for (int root = 0; root < size; ++root) {
        for (std::int64_t n : item_counts) {
            std::vector<int> data(n, -1);
            if (me == root) std::iota(data.begin(), data.end(), root);
            finish(*group.start_broadcast({data.data(), n * 4}, root));
            for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(data[i], root + i);
        }
    }
}

TEST_P(CommunicatorTest, AllReduce) {
    for (std::int64_t n : item_counts) {
        std::vector<std::int32_t> in(n), out(n, -1);
        for (std::int64_t i = 0; i < n; ++i) in[i] = static_cast<std::int32_t>(i * (me + 1));
        finish(*group.start_all_reduce(in.data(), out.data(), n, sum<std::int32_t>()));
        for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(out[i], i * size * (size + 1) / 2);
    }
}

TEST_P(CommunicatorTest, AllReduceJoinsInLocalityOrder) {
    for (std::int64_t n : item_counts) {
        std::vector<Affine> in(n), out(n);
        for (std::int64_t i = 0; i < n; ++i) in[i] = affine(me, i);
        finish(*group.start_all_reduce(in.data(), out.data(), n, composing));
        for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(out[i], composed(size, i)) << n << " " << i;
    }
}

TEST_P(CommunicatorTest, AllReduceGivesTheSameBitsEverywhere) {
    for (std::int64_t n : item_counts) {
        std::vector<double> in(n), out(n);
        for (std::int64_t i = 0; i < n; ++i) in[i] = 1.0 / static_cast<double>(3 + 7 * me + i);
        finish(*group.start_all_reduce(in.data(), out.data(), n, sum<double>()));
        std::vector<double> first = out;
        finish(*group.start_broadcast({first.data(), n * 8}, 0));
        ASSERT_EQ(first, out);
    }
}

TEST_P(CommunicatorTest, ExclusiveScan) {
    for (std::int64_t n : item_counts) {
        std::vector<Affine> in(n), out(n, Affine{11, 12});
        for (std::int64_t i = 0; i < n; ++i) in[i] = affine(me, i);
        finish(*group.start_exclusive_scan(in.data(), out.data(), n, composing, false));
        for (std::int64_t i = 0; i < n; ++i)
            ASSERT_EQ(out[i], me == 0 ? (Affine{11, 12}) : composed(me, i));
    }
}

TEST_P(CommunicatorTest, ExclusiveScanBackwards) {
    for (std::int64_t n : item_counts) {
        std::vector<Affine> in(n), out(n, Affine{11, 12});
        for (std::int64_t i = 0; i < n; ++i) in[i] = affine(size - 1 - me, i);
        finish(*group.start_exclusive_scan(in.data(), out.data(), n, composing, true));
        int before = size - 1 - me;
        for (std::int64_t i = 0; i < n; ++i)
            ASSERT_EQ(out[i], before == 0 ? (Affine{11, 12}) : composed(before, i));
    }
}

// An item of as many bytes as its first number says.
struct Word {
    static constexpr std::int64_t most = 40000;
    std::int64_t bytes;
    char text[most - 8];
};

void append(const void* left, void* into, std::int64_t) {
    const Word& a = *static_cast<const Word*>(left);
    Word& b = *static_cast<Word*>(into);
    std::memmove(b.text + (a.bytes - 8), b.text, static_cast<std::size_t>(b.bytes - 8));
    std::memcpy(b.text, a.text, static_cast<std::size_t>(a.bytes - 8));
    b.bytes += a.bytes - 8;
}

std::int64_t word_bytes(const void* word) { return static_cast<const Word*>(word)->bytes; }

TEST_P(CommunicatorTest, ItemsThatArePartlyFilled) {
    const Joining appending{append, Word::most, false, word_bytes};
    // Some travel in one piece with what announces them, some do not.
    for (std::int64_t each : {std::int64_t{1}, std::int64_t{300}, Word::most / (size + 1)}) {
        std::string all, before, after;
        auto mine = std::make_unique<Word>();
        for (int p = 0; p < size; ++p) {
            // The first one has nothing.
            std::string text(static_cast<std::size_t>(p == 0 ? 0 : each),
                             static_cast<char>('a' + p));
            all += text;
            if (p < me) before += text;
            if (p > me) after.insert(0, text);
            if (p != me) continue;
            mine->bytes = 8 + static_cast<std::int64_t>(text.size());
            std::memcpy(mine->text, text.data(), text.size());
        }
        auto said = [](const Word& word) {
            return std::string(word.text, static_cast<std::size_t>(word.bytes - 8));
        };
        auto out = std::make_unique<Word>();
        finish(*group.start_all_reduce(mine.get(), out.get(), 1, appending));
        ASSERT_EQ(said(*out), all);
        for (bool backwards : {false, true}) {
            out->bytes = 8;
            finish(*group.start_exclusive_scan(mine.get(), out.get(), 1, appending, backwards));
            ASSERT_EQ(said(*out), backwards ? after : before);
        }
    }
}

TEST_P(CommunicatorTest, AllGatherOfUnevenParts) {
    for (std::int64_t each : item_counts) {
        std::vector<std::int64_t> sizes(size);
        // The middle one gives nothing.
        for (int p = 0; p < size; ++p) sizes[p] = p == 1 ? 0 : (each + p) * 2;
        std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
        std::vector<std::int16_t> in(sizes[me] / 2), out(total / 2, -1);
        for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::int16_t>(i * 3 + me);
        finish(*group.start_all_gather(in.data(), out.data(), sizes));
        std::size_t at = 0;
        for (int p = 0; p < size; ++p)
            for (std::int64_t i = 0; i < sizes[p] / 2; ++i)
                ASSERT_EQ(out[at++], static_cast<std::int16_t>(i * 3 + p));
    }
}

TEST_P(CommunicatorTest, AllToAllSendsOnlyWhatIsAskedFor) {
    for (std::int64_t each : item_counts) {
        // Locality a gives b (each + a) * b elements, so some give nothing.
        auto count = [&](int a, int b) { return (each + a) * b; };
        std::vector<std::vector<int>> out(size), in(size);
        std::vector<ConstBytes> sends(size);
        std::vector<Bytes> receives(size);
        for (int p = 0; p < size; ++p) {
            out[p].assign(count(me, p), me * 100 + p);
            in[p].assign(count(p, me), -1);
            sends[p] = {out[p].data(), count(me, p) * 4};
            receives[p] = {in[p].data(), count(p, me) * 4};
        }
        finish(*group.start_all_to_all(sends, receives));
        for (int p = 0; p < size; ++p)
            for (int value : in[p]) ASSERT_EQ(value, p * 100 + me);
    }
}

TEST_P(CommunicatorTest, MessagesInARing) {
    for (std::int64_t n : item_counts) {
        std::vector<int> out(n, me), in(n, -1), in2(n, -1);
        int to = (me + 1) % size;
        int from = (me + size - 1) % size;
        std::vector<std::unique_ptr<Request>> requests;
        requests.push_back(group.start_recv({in.data(), n * 4}, from, 5));
        requests.push_back(group.start_send({out.data(), n * 4}, to, 9));
        requests.push_back(group.start_send({out.data(), n * 4}, to, 5));
        requests.push_back(group.start_recv({in2.data(), n * 4}, from, 9));
        finish(requests);
        EXPECT_EQ(in, std::vector<int>(n, from));
        EXPECT_EQ(in2, in);
    }
}

/// Keeps what was posted to this locality while it lives, by sender.
class Posted {
public:
    using Message = std::vector<std::byte>;
    explicit Posted(Communicator& group) : group_(group), from_(group.size()) {
        group.set_receiver([this](int from, Message message) {
            std::lock_guard guard(lock_);
            from_[from].push_back(std::move(message));
        });
    }
    ~Posted() { group_.set_receiver({}); }
    /// All messages of a sender, once there are `count`.
    std::vector<Message> wait_for(int from, std::size_t count) {
        for (;; std::this_thread::yield()) {
            group_.progress();
            std::lock_guard guard(lock_);
            if (from_[from].size() >= count) return from_[from];
        }
    }

private:
    Communicator& group_;
    std::mutex lock_;
    std::vector<std::vector<Message>> from_;
};

inline Posted::Message message_of(std::size_t bytes, int seed) {
    Posted::Message message(bytes);
    for (std::size_t i = 0; i < bytes; ++i)
        message[i] = static_cast<std::byte>(i * 7 + i / 251 + static_cast<std::size_t>(seed));
    return message;
}

TEST_P(CommunicatorTest, PostedMessagesOfAnySizeReachEverybody) {
    Posted posted(group);
    constexpr std::size_t sizes[] = {0, 1, 100, 101, 999, 20001, 0, 3, 10'000'000};
    // In turn, so that a large message is not followed by its own kind only.
    for (std::size_t bytes : sizes)
        for (int i = 0; i < size; ++i)
            group.post((me + i) % size, message_of(bytes, me * 10 + (me + i) % size));
    for (int p = 0; p < size; ++p) {
        auto messages = posted.wait_for(p, std::size(sizes));
        ASSERT_EQ(messages.size(), std::size(sizes));
        for (std::size_t k = 0; k < std::size(sizes); ++k)
            ASSERT_TRUE(messages[k] == message_of(sizes[k], p * 10 + me)) << p << " " << k;
    }
    finish(*group.start_broadcast({nullptr, 0}, 0));
}

TEST_P(CommunicatorTest, ManyPostedMessagesKeepTheirOrder) {
    Posted posted(group);
    constexpr int count = 2000;
    auto length = [](int k) { return std::size_t(4 + (k % 97 == 0 ? 5000 : k % 5)); };
    for (int k = 0; k < count; ++k)
        for (int p = 0; p < size; ++p) group.post(p, message_of(length(k), k));
    for (int p = 0; p < size; ++p) {
        auto messages = posted.wait_for(p, count);
        for (int k = 0; k < count; ++k)
            ASSERT_TRUE(messages[k] == message_of(length(k), k)) << p << " " << k;
    }
}

TEST_P(CommunicatorTest, PostedMessagesAreKeptForTheReceiver) {
    int to = (me + 1) % size;
    int from = (me + size - 1) % size;
    group.post(to, message_of(5, 1));
    group.post(to, message_of(3000, 2));
    int in = 1, out = 0;
    finish(*group.start_all_reduce(&in, &out, 1, sum<int>()));
    group.progress();
    Posted posted(group);
    auto messages = posted.wait_for(from, 2);
    EXPECT_TRUE(messages[0] == message_of(5, 1));
    EXPECT_TRUE(messages[1] == message_of(3000, 2));
}

TEST_P(CommunicatorTest, PostsFromSeveralThreads) {
    Posted posted(group);
    constexpr int threads = 4, count = 100;
    auto numbered = [](int thread, int k) {
        return Posted::Message{static_cast<std::byte>(thread), static_cast<std::byte>(k)};
    };
    std::vector<std::thread> posting;
    for (int t = 0; t < threads; ++t)
        posting.emplace_back([&, t] {
            for (int k = 0; k < count; ++k)
                for (int p = 0; p < size; ++p) group.post(p, numbered(t, k));
        });
    for (std::thread& thread : posting) thread.join();
    for (int p = 0; p < size; ++p) {
        auto messages = posted.wait_for(p, threads * count);
        ASSERT_EQ(messages.size(), std::size_t(threads * count));
        int next[threads] = {};
        for (const auto& message : messages) {
            auto t = std::to_integer<int>(message[0]);
            EXPECT_TRUE(message == numbered(t, next[t]++));
        }
    }
}

TEST_P(CommunicatorTest, PostingToNobodyIsRefused) {
    EXPECT_THROW(group.post(size, {}), CommunicationError);
    EXPECT_THROW(group.post(-1, {}), CommunicationError);
}

TEST_P(CommunicatorTest, GroupsHavePostsOfTheirOwn) {
    auto part = group.split(0, -me);
    {
        Posted whole(group), inner(*part);
        for (int p = 0; p < size; ++p) {
            group.post(p, message_of(8, 1));
            part->post(p, message_of(8, 2));
        }
        for (int p = 0; p < size; ++p) {
            EXPECT_TRUE(inner.wait_for(p, 1)[0] == message_of(8, 2));
            EXPECT_TRUE(whole.wait_for(p, 1)[0] == message_of(8, 1));
        }
    }
    part->free();
}

TEST_P(CommunicatorTest, ManyAtOnceCompleteInAnyOrder) {
    // MPI takes quadratic time where processes outnumber cores.
    constexpr int count = 6;
    std::vector<std::vector<double>> in(count), out(count), data(count);
    std::vector<std::unique_ptr<Request>> requests;
    for (int k = 0; k < count; ++k) {
        std::int64_t n = k % 3 == 0 ? 20000 : k;
        in[k].assign(n, me + k);
        out[k].assign(n, -1);
        data[k].assign(n, me == k % size ? k : -1);
        requests.push_back(group.start_all_reduce(in[k].data(), out[k].data(), n, sum<double>()));
        requests.push_back(group.start_broadcast({data[k].data(), n * 8}, k % size));
    }
    // Localities look at them in different orders.
    if (me % 2) std::reverse(requests.begin(), requests.end());
    finish(requests);
    for (int k = 0; k < count; ++k) {
        for (double x : out[k]) ASSERT_EQ(x, size * k + size * (size - 1) / 2);
        for (double x : data[k]) ASSERT_EQ(x, k);
    }
}

TEST_P(CommunicatorTest, SplitMakesGroupsOrderedByKey) {
    auto part = group.split(me % 2, -me);
    int members = (size + (me % 2 ? 0 : 1)) / 2;
    ASSERT_EQ(part->size(), members);
    EXPECT_EQ(part->id(), members - 1 - me / 2);
    EXPECT_EQ(part->localities()[part->id()].pid, getpid());
    int in = me, out = -1, expected = 0;
    for (int p = me % 2; p < size; p += 2) expected += p;
    finish(*part->start_all_reduce(&in, &out, 1, sum<int>()));
    EXPECT_EQ(out, expected);
    part->free();
}

TEST_P(CommunicatorTest, CountsCollectives) {
    std::int64_t before = group.collectives;
    double in = 1, out = 0;
    std::vector<double> all(size);
    std::vector<std::int64_t> sizes(size, sizeof in);
    std::vector<ConstBytes> none(size);
    std::vector<Bytes> nowhere(size);
    finish(*group.start_all_reduce(&in, &out, 1, sum<double>()));
    finish(*group.start_broadcast({&in, sizeof in}, 0));
    finish(*group.start_exclusive_scan(&in, &out, 1, sum<double>(), false));
    finish(*group.start_all_gather(&in, all.data(), sizes));
    finish(*group.start_all_to_all(none, nowhere));
    EXPECT_EQ(group.collectives - before, 5);
}

}  // namespace hpxpy::comm
