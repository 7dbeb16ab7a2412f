// What the collectives must do on every engine and any number of localities.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstring>
#include <numeric>

#include "collectives_tools.hpp"
#include "comm/agreement.hpp"

namespace hpxpy::comm {

using CollectivesTest = WorldTest;

TEST_P(CollectivesTest, AllReduceOfEverySize) {
    for (std::int64_t n : {0, 1, 3, 8, 9, 100, 3000, 40000}) {
        std::vector<double> values(n + 1, 0.5);
        for (std::int64_t i = 0; i < n; ++i) values[i + 1] = static_cast<double>(i * (me + 1));
        Ref<Buffer> in = buffer_of(values);
        Ref<Buffer> out = Buffer::allocate(n * 8);
        auto exchange =
            start_all_reduce(group, reduction(DType::float64, {n}), in, 8, out, n, sum<double>());
        // Small data were copied, so the original may be written at once.
        if (n * 8 <= copied_send_limit) std::memset(in->data(), 0xff, n * 8);
        wait(exchange);
        EXPECT_TRUE(exchange->test());
        auto got = values_of<double>(out, 0, n);
        for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(got[i], i * (size * (size + 1) / 2));
    }
}

TEST_P(CollectivesTest, SmallAndLargeReductionsJoinInLocalityOrder) {
    for (std::int64_t n : {1, 4, 5, 2000}) {
        std::vector<Affine> values(n);
        for (std::int64_t i = 0; i < n; ++i) values[i] = affine(me, i);
        Ref<Buffer> out = Buffer::allocate(n * 16);
        wait(start_all_reduce(group, reduction(DType::complex128, {n}, "compose"),
                              buffer_of(values), 0, out, n, composing));
        auto got = values_of<Affine>(out, 0, n);
        for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(got[i], composed(size, i));
    }
}

TEST_P(CollectivesTest, ReductionsOfOneNameMayBeJoinedDifferentlyByType) {
    Ref<Buffer> a = buffer_of(std::vector<double>{0.5});
    Ref<Buffer> b = buffer_of(std::vector<std::int32_t>{3, 4});
    Ref<Buffer> sum_a = Buffer::allocate(8);
    Ref<Buffer> sum_b = Buffer::allocate(8);
    auto first =
        start_all_reduce(group, reduction(DType::float64, {1}), a, 0, sum_a, 1, sum<double>());
    auto second =
        start_all_reduce(group, reduction(DType::int32, {2}), b, 0, sum_b, 2, sum<std::int32_t>());
    wait(second);
    wait(first);
    EXPECT_EQ(values_of<double>(sum_a, 0, 1)[0], 0.5 * size);
    EXPECT_EQ(values_of<std::int32_t>(sum_b, 0, 2),
              (std::vector<std::int32_t>{3 * size, 4 * size}));
}

TEST_P(CollectivesTest, LocalitiesThatDifferGetTheSameErrorAndTheNextCallWorks) {
    if (size == 1) GTEST_SKIP() << "one locality agrees with itself";
    bool odd_one = me == size - 1;
    std::string last = std::to_string(size - 1);
    for (std::int64_t n : {3, 100}) {
        // One side sends its data with the agreement, the other does not.
        std::int64_t mine = odd_one ? n + 97 : n;
        std::string text = error_of([&] {
            Ref<Buffer> in = buffer_of(std::vector<double>(mine, 1));
            Ref<Buffer> out = Buffer::allocate(mine * 8);
            Signature call = odd_one ? reduction(DType::float32, {mine, 1}, "max")
                                     : reduction(DType::float64, {mine});
            wait(start_all_reduce(group, call, in, 0, out, mine, sum<double>()));
        });
        EXPECT_EQ(text,
                  "all_reduce: localities do not agree: locality 0 calls all_reduce of float64 (" +
                      std::to_string(n) + ",) with op 'sum', locality " + last +
                      " calls all_reduce of float32 (" + std::to_string(n + 97) +
                      ", 1) with op 'max'; all localities must make the same call");
        expect_sum_works(group);
    }
}

TEST_P(CollectivesTest, AnErrorInFlightIsThrownByEveryTestAndHurtsNoOther) {
    if (size == 1) GTEST_SKIP() << "one locality agrees with itself";
    Ref<Buffer> in = buffer_of(std::vector<double>{1, 2});
    Ref<Buffer> out = Buffer::allocate(16);
    Ref<Buffer> out2 = Buffer::allocate(16);
    auto bad = start_all_reduce(group, reduction(DType::float64, {2}, me ? "max" : "sum"), in, 0,
                                out, 2, sum<double>());
    auto good =
        start_all_reduce(group, reduction(DType::float64, {2}), in, 0, out2, 2, sum<double>());
    wait(good);
    EXPECT_EQ(values_of<double>(out2, 0, 1)[0], size);
    std::string text = error_of([&] { wait(bad); });
    EXPECT_NE(text.find("locality 1 calls all_reduce of float64 (2,) with op 'max'"),
              std::string::npos);
    EXPECT_EQ(error_of([&] { bad->test(); }), text);
}

TEST_P(CollectivesTest, DifferentFunctionsAndNamesAreFound) {
    if (size == 1) GTEST_SKIP() << "one locality agrees with itself";
    std::string text = error_of([&] {
        if (me == 0)
            barrier(group, "");
        else
            expect_sum_works(group);
    });
    EXPECT_EQ(text,
              "barrier: localities do not agree: locality 0 calls barrier, locality 1 calls "
              "all_reduce of float64 (2,) with op 'sum'; all localities must make the same call");
    text = error_of([&] { barrier(group, me == 1 ? "left" : "right"); });
    EXPECT_EQ(text,
              "barrier: localities do not agree: locality 0 calls barrier with name 'right', "
              "locality 1 calls barrier with name 'left'; all localities must make the same call");
    Signature call = signature("broadcast", DType::int8, {1});
    call.root = me;
    text = error_of([&] { start_broadcast(group, call, buffer_of(std::vector<char>{1}), 0); });
    EXPECT_NE(text.find("locality 0 calls broadcast of int8 (1,) with root 0, locality 1 calls "
                        "broadcast of int8 (1,) with root 1"),
              std::string::npos)
        << text;
    expect_sum_works(group);
}

TEST_P(CollectivesTest, LongNamesAndManyDimensionsAreComparedInFull) {
    std::string name(200, 'x');
    barrier(group, name);
    Dims shape(20, 1);
    shape[19] = 3;
    EXPECT_EQ(agree(group, signature("eval", DType::int8, shape)).shape, shape);
    if (size == 1) return;
    std::string text = error_of([&] { barrier(group, name + (me ? "b" : "a")); });
    EXPECT_NE(text.find("xxx...'"), std::string::npos) << text;
    if (me == 0) shape[18] = 2;
    text = error_of([&] { agree(group, signature("eval", DType::int8, shape)); });
    EXPECT_NE(text.find("eval of int8 (1, 1, 1, 1, 1, 1, ...)"), std::string::npos) << text;
    expect_sum_works(group);
}

TEST_P(CollectivesTest, AgreementTellsRootsArrayToTheOthers) {
    for (int root = 0; root < size; ++root) {
        Dims shape(root % 2 ? 2 : 9, root + 2);
        Signature call = me == root ? signature("scatter", DType::int16, shape)
                                    : signature("scatter", DType::bool_, {});
        call.root = root;
        call.has_array = me == root;
        Signature common = agree(group, call);
        EXPECT_EQ(common.shape, shape);
        EXPECT_EQ(common.dtype, DType::int16);
        EXPECT_TRUE(common.has_array);
    }
}

TEST_P(CollectivesTest, BroadcastBringsShapeAndDataOfRoot) {
    for (int root = 0; root < size; ++root) {
        for (std::int64_t n : {0, 1, 10, 50000}) {
            Signature call = signature("broadcast", DType::bool_, {});
            call.root = root;
            call.has_array = me == root;
            Ref<Buffer> data;
            if (me == root) {
                std::vector<std::int32_t> values(2 * n + 1);
                std::iota(values.begin(), values.end(), root);
                data = buffer_of(values);
                call.dtype = DType::int32;
                call.shape = {2, n};
            }
            Received received = start_broadcast(group, call, data, 4);
            wait(received.exchange);
            EXPECT_EQ(received.signature.shape, (Dims{2, n}));
            EXPECT_EQ(received.signature.dtype, DType::int32);
            auto got = values_of<std::int32_t>(received.data, 0, 2 * n);
            for (std::int64_t i = 0; i < 2 * n; ++i) ASSERT_EQ(got[i], root + 1 + i);
            if (me == root && n > 0) {
                EXPECT_NE(received.data->data(), data->data());
            }
        }
    }
}

TEST_P(CollectivesTest, GatherOfUnevenBlocks) {
    for (int root = -1; root < size; ++root) {
        for (std::int64_t each : {0, 1, 20000}) {
            auto rows = [&](int p) { return p == 1 ? 0 : each + p; };
            std::vector<std::int16_t> values(rows(me) * 3 + 1, static_cast<std::int16_t>(me + 1));
            Signature call = signature("gather", DType::int16, {rows(me), 3});
            call.root = root;
            call.shapes_may_differ = true;
            Gathered all = start_gather(group, call, buffer_of(values), 2, root);
            wait(all.exchange);
            if (root >= 0 && root != me) {
                EXPECT_TRUE(all.shapes.empty());
                continue;
            }
            ASSERT_EQ(static_cast<int>(all.shapes.size()), size);
            for (int p = 0; p < size; ++p) {
                EXPECT_EQ(all.shapes[p], (Dims{rows(p), 3}));
                auto block = values_of<std::int16_t>(all.data, all.offsets[p], rows(p) * 3);
                EXPECT_EQ(block,
                          std::vector<std::int16_t>(rows(p) * 3, static_cast<std::int16_t>(p + 1)));
            }
        }
    }
}

TEST_P(CollectivesTest, GatherRefusesOtherDtypesAndNumbersOfDimensions) {
    if (size == 1) GTEST_SKIP() << "one locality agrees with itself";
    Signature call = signature("all_gather", DType::int16, me ? Dims{2} : Dims{2, 1});
    call.shapes_may_differ = true;
    std::string text = error_of([&] { start_gather(group, call, Buffer::allocate(4), 0, -1); });
    EXPECT_NE(text.find("int16 (2, 1), locality 1 calls all_gather of int16 (2,)"),
              std::string::npos)
        << text;
    expect_sum_works(group);
}

TEST_P(CollectivesTest, ScatterGivesEachItsPart) {
    for (int root = 0; root < size; ++root) {
        for (std::int64_t n : {0, 1, 2, 10, 30001}) {
            Signature call = signature("scatter", DType::bool_, {});
            call.root = root;
            call.has_array = me == root;
            Ref<Buffer> data;
            if (me == root) {
                std::vector<std::int64_t> values(n * 2);
                std::iota(values.begin(), values.end(), 0);
                data = buffer_of(values);
                call.dtype = DType::int64;
                call.shape = {n, 2};
            }
            auto bytes = [&](const Signature& whole, int p) {
                maps::Range rows = maps::Map::block(0, whole.shape[0], size).range(p);
                std::int64_t row = whole.shape[1] * itemsize(whole.dtype);
                return maps::Range{rows.first * row, rows.last * row};
            };
            Received part = start_scatter(group, call, data, root, bytes);
            wait(part.exchange);
            maps::Range rows = maps::Map::block(0, n, size).range(me);
            auto got = values_of<std::int64_t>(part.data, 0, rows.length() * 2);
            for (std::int64_t i = 0; i < rows.length() * 2; ++i)
                ASSERT_EQ(got[i], rows.first * 2 + i);
        }
    }
}

TEST_P(CollectivesTest, AllToAll) {
    std::vector<int> out(size, me), in(size, -1);
    std::vector<ConstBytes> sends(size);
    std::vector<Bytes> receives(size);
    for (int p = 0; p < size; ++p) {
        sends[p] = {&out[p], 4};
        receives[p] = {&in[p], 4};
    }
    wait(start_all_to_all(group, Traffic::redistribute, sends, receives, {}));
    for (int p = 0; p < size; ++p) EXPECT_EQ(in[p], p);
}

// A message is what one locality gives another in one exchange, in however many pieces; one's own part is none.
TEST_P(CollectivesTest, EachKindCountsItsMessagesAndBytes) {
    auto expect = [](Traffic kind, std::int64_t messages, std::int64_t bytes, auto call) {
        Sent before = sent(kind);
        call();
        EXPECT_EQ(sent(kind).messages - before.messages, messages) << name_of(kind);
        EXPECT_EQ(sent(kind).bytes - before.bytes, bytes) << name_of(kind);
    };
    std::int64_t others = size - 1;
    for (std::int64_t n : {std::int64_t{8}, std::int64_t{20000}}) {
        Ref<Buffer> in = buffer_of(std::vector<double>(n, 1)), out = Buffer::allocate(n * 8);
        Signature call = reduction(DType::float64, {n});
        expect(Traffic::all_reduce, others, others * n * 8,
               [&] { wait(start_all_reduce(group, call, in, 0, out, n, sum<double>())); });
        for (bool backwards : {false, true}) {
            std::int64_t later = backwards ? me : others - me;
            expect(Traffic::scan, later, later * n * 8, [&] {
                exclusive_scan(group, call, in->data(), out->data(), n, sum<double>(), backwards);
            });
        }
        std::int64_t last = size - 1;
        Signature rooted = signature("rooted", DType::float64, {n});
        rooted.root = static_cast<int>(last);
        std::int64_t by_root = me == last ? others : 0;
        expect(Traffic::broadcast, by_root, by_root * n * 8,
               [&] { wait(start_broadcast(group, rooted, in, 0).exchange); });
        std::int64_t to_root = me == last ? 0 : 1;
        expect(Traffic::gather, to_root, to_root * n * 8,
               [&] { wait(start_gather(group, rooted, in, 0, rooted.root).exchange); });
        expect(Traffic::all_gather, others, others * n * 8,
               [&] { wait(start_gather(group, call, in, 0, -1).exchange); });
        auto part = [&](const Signature&, int p) {
            return maps::Range{0, p == 0 ? 0 : n * 8};  // the first gets nothing
        };
        std::int64_t parts = me == last ? std::max<std::int64_t>(size - 2, 0) : 0;
        expect(Traffic::scatter, parts, parts * n * 8,
               [&] { wait(start_scatter(group, rooted, in, rooted.root, part).exchange); });
    }
    expect(Traffic::agreement, others, others * Slot().bytes(), [&] { barrier(group, "counted"); });
    if (size > 1)
        expect(Traffic::agreement, 0, others * Slot().bytes(), [&] { expect_sum_works(group); });
}

TEST_P(CollectivesTest, BytesOfEverybody) {
    for (std::size_t n : {std::size_t{0}, std::size_t{5}, std::size_t{100000}}) {
        std::vector<std::byte> mine(n + me, std::byte(me));
        ConstBytes bytes{mine.data(), static_cast<std::int64_t>(mine.size())};
        auto all = all_gather_bytes(group, "gather_object", bytes);
        ASSERT_EQ(static_cast<int>(all.size()), size);
        for (int p = 0; p < size; ++p)
            EXPECT_EQ(all[p], std::vector<std::byte>(n + p, std::byte(p)));
        for (int root = 0; root < size; ++root)
            EXPECT_EQ(broadcast_bytes(group, "broadcast_object", bytes, root), all[root]);
    }
}

TEST_P(CollectivesTest, ManyMayBePending) {
    std::vector<ExchangeRef> exchanges;
    std::vector<Ref<Buffer>> results;
    for (int k = 0; k < 300; ++k) {
        results.push_back(Buffer::allocate(8));
        exchanges.push_back(start_all_reduce(group, reduction(DType::float64, {1}),
                                             buffer_of(std::vector<double>{k + 0.5}), 0, results[k],
                                             1, sum<double>()));
    }
    for (const auto& exchange : exchanges) wait(exchange);
    for (int k = 0; k < 300; ++k)
        EXPECT_EQ(values_of<double>(results[k], 0, 1)[0], (k + 0.5) * size);
}

TEST_P(CollectivesTest, AnExchangeLivesOnWhenNobodyHoldsIt) {
    constexpr std::int64_t n = 200000;
    static std::atomic<int> released;
    released = 0;
    std::vector<double> memory(n, me + 1.0);
    Ref<Buffer> out = Buffer::allocate(n * 8);
    {
        Ref<Buffer> in =
            Buffer::borrow(memory.data(), n * 8, true, nullptr, [](void*) { ++released; });
        start_all_reduce(group, reduction(DType::float64, {n}), in, 0, out, n, sum<double>());
    }
    barrier(group, "");
    for (int i = 0; i < 2000 && released == 0; ++i) sleep_ms(1);
    EXPECT_EQ(released, 1) << "the progress thread must complete it and give the memory back";
    EXPECT_EQ(values_of<double>(out, 0, n), std::vector<double>(n, size * (size + 1) / 2.0));
}

TEST_P(CollectivesTest, MovesOnWhileEverybodySleeps) {
    constexpr std::int64_t n = 1 << 17;
    static std::atomic<int> released;
    released = 0;
    std::vector<double> memory(n, 1);
    Ref<Buffer> out = Buffer::allocate(n * 8);
    barrier(group, "");
    auto exchange = start_all_reduce(
        group, reduction(DType::float64, {n}),
        Buffer::borrow(memory.data(), n * 8, true, nullptr, [](void*) { ++released; }), 0, out, n,
        sum<double>());
    // Nobody tests it meanwhile, and no locality takes a further step.
    sleep_ms(400);
    EXPECT_EQ(released, 1);
    wait(exchange);
    EXPECT_EQ(values_of<double>(out, 0, n), std::vector<double>(n, size));
}

TEST_P(CollectivesTest, ASleepingPeerDelaysNobody) {
    barrier(group, "");
    Ref<Buffer> in = buffer_of(std::vector<double>(1000, 1));
    Ref<Buffer> out = Buffer::allocate(8000);
    auto exchange =
        start_all_reduce(group, reduction(DType::float64, {1000}), in, 0, out, 1000, sum<double>());
    auto start = std::chrono::steady_clock::now();
    if (me == size - 1 && size > 1) sleep_ms(500);
    wait(exchange);
    auto took = std::chrono::steady_clock::now() - start;
    if (me != size - 1) {
        EXPECT_LT(took, std::chrono::milliseconds(400));
    }
}

TEST_P(CollectivesTest, TheWaitHookIsCalledAndMayThrow) {
    if (size == 1) GTEST_SKIP() << "one locality never waits";
    barrier(group, "");
    std::atomic<int> calls{0};
    set_wait_hook([&] { ++calls; });
    if (me == 0) sleep_ms(100);
    barrier(group, "late");
    if (me != 0) {
        EXPECT_GE(calls, 10);
    }
    // The hook ends the wait; the exchange itself goes on.
    Ref<Buffer> in = buffer_of(std::vector<double>{1});
    Ref<Buffer> out = Buffer::allocate(8);
    set_wait_hook([] { fail<RuntimeError>("interrupted"); });
    if (me == 0) sleep_ms(100);
    auto exchange =
        start_all_reduce(group, reduction(DType::float64, {1}), in, 0, out, 1, sum<double>());
    if (me != 0) {
        EXPECT_THROW(wait(exchange), RuntimeError);
    }
    set_wait_hook({});
    wait(exchange);
    EXPECT_EQ(values_of<double>(out, 0, 1)[0], size);
}

TEST_P(CollectivesTest, WorksInAPartOfTheLocalities) {
    auto part = group.split(me % 2, me);
    expect_sum_works(*part);
    barrier(*part, "part");
    part->free();
    expect_sum_works(group);
}

TEST_P(CollectivesTest, ExchangesMayBeWaitedForByOtherThreads) {
    std::vector<std::thread> threads;
    std::vector<Ref<Buffer>> results;
    for (int k = 0; k < 8; ++k) {
        results.push_back(Buffer::allocate(80000));
        auto exchange = start_all_reduce(group, reduction(DType::float64, {10000}),
                                         buffer_of(std::vector<double>(10000, k)), 0, results[k],
                                         10000, sum<double>());
        for (int twice = 0; twice < 2; ++twice)
            threads.emplace_back([exchange] { wait(exchange); });
    }
    for (auto& thread : threads) thread.join();
    for (int k = 0; k < 8; ++k)
        EXPECT_EQ(values_of<double>(results[k], 0, 10000), std::vector<double>(10000, k * size));
}

TEST_P(CollectivesTest, WorksWithoutProgressThread) {
    stop_progress_thread();
    barrier(group, "");
    Ref<Buffer> out = Buffer::allocate(80000);
    auto exchange =
        start_all_reduce(group, reduction(DType::float64, {10000}),
                         buffer_of(std::vector<double>(10000, 1)), 0, out, 10000, sum<double>());
    // Stopping waits for what is pending.
    stop_progress_thread();
    EXPECT_EQ(values_of<double>(out, 0, 10000), std::vector<double>(10000, size));
    EXPECT_TRUE(exchange->test());
    start_progress_thread();
    start_progress_thread();
}

}  // namespace hpxpy::comm
