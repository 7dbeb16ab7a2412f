// Shapes, views, conversion of single values, buffers, settings and CPUs.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/buffer.hpp"
#include "base/cast.hpp"
#include "base/cpus.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "base/shape.hpp"

namespace hpxpy {
namespace {

template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

// Sets a variable for one test.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        const char* before = std::getenv(name);
        had_ = before != nullptr;
        if (had_) before_ = before;
        setenv(name, value, 1);
    }
    ~Variable() {
        if (had_)
            setenv(name_, before_.c_str(), 1);
        else
            unsetenv(name_);
    }

private:
    const char* name_;
    bool had_;
    std::string before_;
};

TEST(Dims, GrowsPastItsInlineValues) {
    Dims dims;
    for (int i = 0; i < max_dimensions; ++i) dims.push_back(i);
    ASSERT_EQ(dims.size(), 64);
    for (int i = 0; i < max_dimensions; ++i) EXPECT_EQ(dims[i], i);
    EXPECT_EQ(message_of<ValueError>([&] { dims.push_back(1); }),
              "array: 65 dimensions asked for; at most 64 are supported");
    Dims copy = dims;
    EXPECT_EQ(copy, dims);
    Dims moved = std::move(copy);
    EXPECT_EQ(moved, dims);
    EXPECT_TRUE(copy.empty());
    copy = {1, 2};
    EXPECT_EQ(copy, (Dims{1, 2}));
}

TEST(Dims, InsertAndErase) {
    Dims dims{1, 2, 3};
    dims.insert(0, 9);
    EXPECT_EQ(dims, (Dims{9, 1, 2, 3}));
    dims.insert(4, 8);
    EXPECT_EQ(dims, (Dims{9, 1, 2, 3, 8}));
    dims.erase(1);
    EXPECT_EQ(dims, (Dims{9, 2, 3, 8}));
    EXPECT_FALSE(dims == (Dims{9, 2, 3}));
}

TEST(Shape, CountsElements) {
    EXPECT_EQ(element_count({}), 1);
    EXPECT_EQ(element_count({2, 3}), 6);
    EXPECT_EQ(element_count({std::int64_t(1) << 62, 0, 8}), 0);
    EXPECT_EQ(message_of<ValueError>([] {
                  element_count({std::int64_t(1) << 62, 2});
              }),
              "array: shape (4611686018427387904, 2) has more than 2^63 - 1 elements");
}

TEST(Shape, PrintsLikePython) {
    EXPECT_EQ(to_string(Dims{}), "()");
    EXPECT_EQ(to_string(Dims{2}), "(2,)");
    EXPECT_EQ(to_string(Dims{2, 3}), "(2, 3)");
}

TEST(View, KnowsWhatIsContiguous) {
    EXPECT_TRUE(View::dense({2, 3, 4}).is_contiguous());
    EXPECT_TRUE((View{0, {2, 1, 4}, {4, 77, 1}}).is_contiguous());
    EXPECT_FALSE((View{0, {2, 3}, {1, 2}}).is_contiguous());
    EXPECT_TRUE((View{0, {0, 3}, {1, 2}}).is_contiguous());
    EXPECT_FALSE((View{0, {4}, {-1}}).is_contiguous());
    EXPECT_TRUE((View{5, {}, {}}).is_contiguous());
}

// The elements of a small view, one after the other.
std::set<std::int64_t> elements(const View& view) {
    std::set<std::int64_t> found;
    std::int64_t count = view.count();
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t at = view.offset, rest = i;
        for (int axis = view.dimensions() - 1; axis >= 0; --axis) {
            at += rest % view.shape[axis] * view.strides[axis];
            rest /= view.shape[axis];
        }
        found.insert(at);
    }
    return found;
}

TEST(View, OverlapIsExactForFewElements) {
    std::mt19937 generator(5);
    auto number = [&](int low, int high) {
        return static_cast<std::int64_t>(std::uniform_int_distribution<int>(low, high)(generator));
    };
    auto view = [&] {
        View made{number(0, 40), {}, {}};
        for (std::int64_t axes = number(0, 3); axes > 0; --axes) {
            made.shape.push_back(number(0, 6) ? number(1, 5) : 0);
            made.strides.push_back(number(-20, 20));
        }
        return made;
    };
    int apart = 0;
    for (int i = 0; i < 5000; ++i) {
        View a = view(), b = view();
        std::set<std::int64_t> first = elements(a), second = elements(b);
        bool common = std::any_of(first.begin(), first.end(),
                                  [&](std::int64_t at) { return second.count(at) > 0; });
        EXPECT_EQ(may_overlap(a, b), common);
        Extent one = extent(a), other = extent(b);
        apart += !common && one.first < other.last && other.first < one.last;
    }
    EXPECT_GT(apart, 100);
}

TEST(View, Extent) {
    Extent range = extent({10, {3, 4}, {-4, 2}});
    EXPECT_EQ(range.first, 2);
    EXPECT_EQ(range.last, 17);
    range = extent({10, {3, 0}, {4, 1}});
    EXPECT_EQ(range.first, 0);
    EXPECT_EQ(range.last, 0);
}

TEST(Broadcast, Shapes) {
    EXPECT_EQ(broadcast_shapes("add", {2, 1}, {3}), (Dims{2, 3}));
    EXPECT_EQ(broadcast_shapes("add", {}, {3}), (Dims{3}));
    EXPECT_EQ(broadcast_shapes("add", {1, 0}, {5, 1}), (Dims{5, 0}));
    EXPECT_EQ(message_of<ValueError>([] {
                  broadcast_shapes("add", {2, 3}, {2});
              }),
              "add: shapes (2, 3) and (2,) do not broadcast: axis 1 has lengths 3 and 2; lengths "
              "must be equal, or one of them 1");
}

TEST(Broadcast, Views) {
    View view = broadcast_view(View::dense({3, 1}), {2, 3, 4});
    EXPECT_EQ(view.shape, (Dims{2, 3, 4}));
    EXPECT_EQ(view.strides, (Dims{0, 1, 0}));
}

TEST(Axis, Normalized) {
    EXPECT_EQ(normalize_axis("sum", -1, 3), 2);
    EXPECT_EQ(normalize_axis("sum", 0, 1), 0);
    EXPECT_EQ(message_of<AxisError>([] { normalize_axis("sum", 3, 3); }),
              "sum: axis 3 is out of range for an array of 3 dimensions");
    EXPECT_EQ(message_of<AxisError>([] { normalize_axis("sum", -2, 1); }),
              "sum: axis -2 is out of range for an array of 1 dimension");
}

TEST(Cast, FloatsToIntegers) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(cast<std::int32_t>(-2.9), -2);
    EXPECT_EQ(cast<std::int32_t>(nan), 0);
    EXPECT_EQ(cast<std::int32_t>(inf), std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(cast<std::int32_t>(-inf), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(cast<std::int64_t>(9223372036854775808.0), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(cast<std::uint64_t>(18446744073709551615.0),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(cast<std::uint8_t>(-1.0F), 0);
    EXPECT_EQ(cast<std::int8_t>(127.5F), 127);
    EXPECT_EQ(cast<std::int8_t>(128.0F), 127);
}

TEST(Cast, TheOthers) {
    EXPECT_EQ(cast<std::int8_t>(300), 44);
    EXPECT_TRUE(cast<bool>(std::numeric_limits<float>::quiet_NaN()));
    EXPECT_TRUE(cast<bool>(std::complex<double>(0, 1)));
    EXPECT_EQ(cast<float>(std::complex<double>(2.5, 1)), 2.5F);
    EXPECT_EQ(cast<std::complex<float>>(true), std::complex<float>(1, 0));
    EXPECT_EQ(cast<std::complex<float>>(std::complex<double>(1, 2)), std::complex<float>(1, 2));
}

TEST(Buffer, DataIsAlignedAndWriteable) {
    for (std::int64_t bytes : {0LL, 1LL, 64LL, 4096LL, 65535LL, 65536LL, 1000001LL, 2LL << 20,
                               (2LL << 20) + 1, 9LL << 20}) {
        Ref<Buffer> buffer = Buffer::allocate(bytes);
        ASSERT_NE(buffer->data(), nullptr);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % 64, 0u) << bytes;
        EXPECT_EQ(buffer->bytes(), bytes);
        EXPECT_TRUE(buffer->writeable());
        EXPECT_FALSE(buffer->borrowed());
        std::memset(buffer->data(), 1, static_cast<std::size_t>(bytes));
        if (bytes >= 2 << 20) {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % (2 << 20), 0u);
        }
    }
}

TEST(Buffer, CountsWhatIsUsed) {
    MemoryUse before = memory_use();
    {
        Ref<Buffer> small = Buffer::allocate(100);
        Ref<Buffer> large = Buffer::allocate(3 << 20);
        EXPECT_EQ(memory_use().used - before.used, 100 + (3 << 20));
        EXPECT_GE(memory_use().peak, before.used + 100 + (3 << 20));
    }
    EXPECT_EQ(memory_use().used, before.used);
}

TEST(Buffer, FreedMemoryIsReusedAndTrimmed) {
    trim_memory();
    EXPECT_EQ(memory_use().cached, 0);
    void* data = Buffer::allocate(10 << 20)->data();
    EXPECT_EQ(memory_use().cached, 10 << 20);
    // Up to a quarter larger than what is asked for is taken, more is not.
    EXPECT_NE(Buffer::allocate(7 << 20)->data(), data);
    EXPECT_EQ(Buffer::allocate((9 << 20) - 5)->data(), data);
    EXPECT_EQ(memory_use().cached, (10 << 20) + (8 << 20));
    trim_memory();
    EXPECT_EQ(memory_use().cached, 0);
}

TEST(Buffer, BorrowedMemoryIsReleasedOnce) {
    int releases = 0;
    double value = 3;
    {
        Ref<Buffer> buffer = Buffer::borrow(&value, 8, false, &releases,
                                            [](void* owner) { ++*static_cast<int*>(owner); });
        Ref<Buffer> second = buffer;
        EXPECT_EQ(buffer->data(), &value);
        EXPECT_FALSE(buffer->writeable());
        EXPECT_TRUE(buffer->shared());
        EXPECT_TRUE(buffer->borrowed());
        EXPECT_EQ(releases, 0);
    }
    EXPECT_EQ(releases, 1);
}

TEST(Buffer, ExportsMakeItShared) {
    Ref<Buffer> buffer = Buffer::allocate(8);
    EXPECT_FALSE(buffer->shared());
    buffer->add_export();
    EXPECT_TRUE(buffer->shared());
    buffer->end_export();
    EXPECT_FALSE(buffer->shared());
}

TEST(Buffer, WhatTheSystemDoesNotHave) {
    for (std::int64_t bytes :
         {std::int64_t(1) << 50, std::numeric_limits<std::int64_t>::max(), std::int64_t(-8)}) {
        std::string message = message_of<MemoryError>([&] { Buffer::allocate(bytes); });
        EXPECT_EQ(message.find("array: " + std::to_string(bytes) + " bytes asked for, "), 0u)
            << message;
    }
}

TEST(Buffer, ManyThreads) {
    MemoryUse before = memory_use();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([t] {
            for (int i = 0; i < 300; ++i) {
                std::int64_t bytes = 50000 + 7919 * ((i * (t + 3)) % 60);
                Ref<Buffer> buffer = Buffer::allocate(bytes);
                auto* data = static_cast<char*>(buffer->data());
                data[0] = data[bytes - 1] = static_cast<char>(t);
                std::this_thread::yield();
                EXPECT_EQ(data[0], static_cast<char>(t));
                EXPECT_EQ(data[bytes - 1], static_cast<char>(t));
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(memory_use().used, before.used);
    trim_memory();
}

TEST(Settings, Bytes) {
    EXPECT_EQ(settings::parse_bytes("X", "0"), 0);
    EXPECT_EQ(settings::parse_bytes("X", "1000000"), 1000000);
    EXPECT_EQ(settings::parse_bytes("X", "512K"), 512 << 10);
    EXPECT_EQ(settings::parse_bytes("X", "64m"), 64 << 20);
    EXPECT_EQ(settings::parse_bytes("X", "2GiB"), std::int64_t(2) << 30);
    for (const char* bad :
         {"", "K", "-1", "1.5G", "12 K", "9999999999G", "99999999999999999999", "1T", "lots"}) {
        EXPECT_EQ(message_of<ValueError>([&] { settings::parse_bytes("X", bad); }),
                  std::string("X: '") + bad +
                      "' is not a size; give bytes such as 1000000, or 512K, 64M or 2G");
    }
}

TEST(Settings, Limits) {
    {
        Variable cache("HPXPY_CACHE_LIMIT", "3M");
        Variable pending("HPXPY_PENDING_LIMIT", "5");
        EXPECT_EQ(settings::cache_limit(), 3 << 20);
        EXPECT_EQ(settings::pending_limit(), 5);
    }
    {
        Variable cache("HPXPY_CACHE_LIMIT", "");
        Variable pending("HPXPY_PENDING_LIMIT", "");
        EXPECT_GT(settings::cache_limit(), 0);
        EXPECT_LE(settings::cache_limit(), std::int64_t(4) << 30);
        EXPECT_EQ(settings::pending_limit(), 512 << 20);
    }
    Variable bad("HPXPY_CACHE_LIMIT", "much");
    EXPECT_EQ(message_of<ValueError>([] { settings::cache_limit(); }),
              "HPXPY_CACHE_LIMIT: 'much' is not a size; give bytes such as 1000000, or 512K, 64M "
              "or 2G");
    Variable worse("HPXPY_PENDING_LIMIT", "-1");
    EXPECT_EQ(message_of<ValueError>([] { settings::pending_limit(); }),
              "HPXPY_PENDING_LIMIT: '-1' is not a size; give bytes such as 1000000, or 512K, 64M "
              "or 2G");
}

TEST(Settings, Threads) {
    {
        Variable threads("HPXPY_NUM_THREADS", "");
        EXPECT_FALSE(settings::num_threads());
    }
    {
        Variable threads("HPXPY_NUM_THREADS", "12");
        EXPECT_EQ(settings::num_threads(), 12);
    }
    for (const char* bad : {"0", "-2", "two", "2.0", "65537"}) {
        Variable threads("HPXPY_NUM_THREADS", bad);
        EXPECT_EQ(message_of<ValueError>([] { settings::num_threads(); }),
                  std::string("HPXPY_NUM_THREADS: '") + bad +
                      "' is not a number of threads; give a whole number from 1 to 65536");
    }
}

TEST(Settings, Names) {
    {
        Variable engine("HPXPY_ENGINE", "mpi"), isa("HPXPY_ISA", "AVX2");
        EXPECT_EQ(settings::engine(), "mpi");
        EXPECT_EQ(settings::isa(), "avx2");
    }
    Variable engine("HPXPY_ENGINE", "../mpi"), isa("HPXPY_ISA", "sse9");
    EXPECT_EQ(message_of<ValueError>([] { settings::engine(); }),
              "HPXPY_ENGINE: '../mpi' is not the name of an engine; give local, mpi or hpx");
    EXPECT_EQ(message_of<ValueError>([] { settings::isa(); }),
              "HPXPY_ISA: 'sse9' is not an instruction set; give baseline, avx2 or avx512");
}

TEST(Settings, Debug) {
    for (const char* text : {"1", "on", "True", "yes"}) {
        Variable debug("HPXPY_DEBUG", text);
        EXPECT_TRUE(settings::debug());
    }
    for (const char* text : {"", "0", "off", "false", "No"}) {
        Variable debug("HPXPY_DEBUG", text);
        EXPECT_FALSE(settings::debug());
    }
    Variable debug("HPXPY_DEBUG", "maybe");
    EXPECT_EQ(message_of<ValueError>([] { settings::debug(); }),
              "HPXPY_DEBUG: 'maybe' is not a truth value; give 1 or 0");
}

TEST(Settings, EachTakesWhatItsRowSays) {
    for (const char* text : {"", "0", "60", "0.5"}) settings::check("HPXPY_STALL_SECONDS", text);
    for (const char* text : {"soon", "-1", "nan", "6O"})
        EXPECT_EQ(message_of<ValueError>([&] { settings::check("HPXPY_STALL_SECONDS", text); }),
                  std::string("HPXPY_STALL_SECONDS: '") + text +
                      "' is not a time; give seconds such as 60, or 0 for never");
    settings::check("HPXPY_NOT_OURS", "junk");
    settings::check("HPXPY_LOG", "info,mine=debug,its.own=WARNING");
    settings::check("HPXPY_AGAS", "node1:7910");
    settings::check("HPXPY_ENGINE_PATH", "/");
    for (const settings::Row& row : settings::rows) {
        settings::check(row.name, "");
        if (row.kind == settings::Kind::any) continue;
        EXPECT_FALSE(settings::taken(row.kind).empty()) << row.name;
        auto told = message_of<ValueError>([&] { settings::check(row.name, "jun=k"); });
        EXPECT_EQ(told.find(std::string(row.name) + ": 'jun=k' is n"), 0U) << told;
    }
    Variable seconds("HPXPY_STALL_SECONDS", "soon");
    EXPECT_THROW(settings::check_all(), ValueError);
}

// Writes a small tree of /proc and /sys files.
class FakeRoot {
public:
    FakeRoot() {
        std::string pattern = std::filesystem::temp_directory_path() / "hpxpy_cpus_XXXXXX";
        path = mkdtemp(pattern.data());
    }
    ~FakeRoot() { std::filesystem::remove_all(path); }
    void write(const std::string& file, const std::string& text) const {
        std::filesystem::path full = path + file;
        std::filesystem::create_directories(full.parent_path());
        std::ofstream(full) << text;
    }
    std::string path;
};

TEST(Cpus, MaskIsNotEmpty) {
    std::vector<int> cpus = affinity_cpus();
    ASSERT_FALSE(cpus.empty());
    EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
    EXPECT_GE(available_cpus(), 1);
    EXPECT_LE(available_cpus(), static_cast<int>(cpus.size()));
}

TEST(Cpus, LargestCache) {
    FakeRoot root;
    EXPECT_EQ(largest_cache(root.path), 0);
    std::string folder =
        "/sys/devices/system/cpu/cpu" + std::to_string(affinity_cpus()[0]) + "/cache/index";
    root.write(folder + "0/size", "48K\n");
    EXPECT_EQ(largest_cache(root.path), 48 << 10);
    root.write(folder + "2/size", "2048K\n");
    root.write(folder + "3/size", "32M\n");
    EXPECT_EQ(largest_cache(root.path), 32 << 20);
}

TEST(Cpus, QuotaOfVersionTwo) {
    FakeRoot root;
    root.write("/proc/self/mountinfo", "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    root.write("/proc/self/cgroup", "0::/user/job\n");
    EXPECT_EQ(cgroup_cpus(root.path), 0);
    root.write("/sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
    EXPECT_EQ(cgroup_cpus(root.path), 0);
    root.write("/sys/fs/cgroup/user/cpu.max", "250000 100000\n");
    EXPECT_EQ(cgroup_cpus(root.path), 3);
    root.write("/sys/fs/cgroup/user/job/cpu.max", "50000 100000\n");
    EXPECT_EQ(cgroup_cpus(root.path), 1);
}

TEST(Cpus, QuotaOfVersionOneInAContainer) {
    FakeRoot root;
    root.write("/proc/self/mountinfo",
               "31 25 0:27 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro shared:9 - cgroup cgroup "
               "rw,cpu,cpuacct\n32 25 0:28 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    root.write("/proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n");
    root.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    root.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(cgroup_cpus(root.path), 0);
    root.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
    EXPECT_EQ(cgroup_cpus(root.path), 4);
}

}  // namespace
}  // namespace hpxpy
