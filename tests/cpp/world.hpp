// The world of a test, started again with another config when a test asks for it. Tests of the
// communicator and of the collectives include this; each executable says which engine it is about.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "comm/collectives.hpp"
#include "comm/engine.hpp"

namespace hpxpy::comm {

using Config = std::vector<std::string>;

/// Defined by the test executable: "local" or "mpi".
extern const char* const engine_name;

class World {
public:
    static Communicator& get(const Config& config = {}) {
        World& world = instance();
        if (world.group_ && config == world.config_) return *world.group_;
        stop();
        world.group_ = engine(engine_name, "").start({.config = config});
        world.config_ = config;
        start_progress_thread(world.group_.get());
        return *world.group_;
    }
    static void stop() {
        World& world = instance();
        if (!world.group_) return;
        stop_progress_thread();
        world.group_->free();
        world.group_.reset();
        engine(engine_name, "").stop();
    }

private:
    static World& instance() {
        static World world;
        return world;
    }
    std::unique_ptr<Communicator> group_;
    Config config_;
};

class Ending final : public testing::Environment {
    void TearDown() override {
        World::stop();
        engine(engine_name, "").leave();
    }
};
inline testing::Environment* const ending = testing::AddGlobalTestEnvironment(new Ending);

/// Every test of the engine, with each config given to INSTANTIATE_TEST_SUITE_P.
class WorldTest : public testing::TestWithParam<Config> {
protected:
    Communicator& group = World::get(GetParam());
    int me = group.id();
    int size = group.size();
};

inline void finish(Request& request) {
    while (!request.test()) std::this_thread::yield();
    EXPECT_TRUE(request.test());
}

/// Tests them all in turn: a request moves on by being tested.
inline void finish(const std::vector<std::unique_ptr<Request>>& requests) {
    for (bool complete = false; !complete; std::this_thread::yield()) {
        complete = true;
        for (auto& request : requests) complete &= request->test();
    }
}

template <class T>
void add(const void* left, void* into, std::int64_t items) {
    auto a = static_cast<const T*>(left);
    auto b = static_cast<T*>(into);
    for (std::int64_t i = 0; i < items; ++i) b[i] = a[i] + b[i];
}
template <class T>
Joining sum() {
    return {add<T>, sizeof(T), true};
}

/// Composition of x -> a*x + b: associative, not commutative, so the order of joining shows.
struct Affine {
    std::uint64_t a;
    std::uint64_t b;
    bool operator==(const Affine&) const = default;
};
inline void compose(const void* left, void* into, std::int64_t items) {
    auto l = static_cast<const Affine*>(left);
    auto r = static_cast<Affine*>(into);
    for (std::int64_t i = 0; i < items; ++i) r[i] = {l[i].a * r[i].a, l[i].b * r[i].a + r[i].b};
}
inline const Joining composing{compose, sizeof(Affine), false};
inline Affine affine(int locality, std::int64_t i) {
    return {static_cast<std::uint64_t>(3 + 2 * locality + i),
            static_cast<std::uint64_t>(locality + 7 * i)};
}
inline Affine composed(int localities, std::int64_t i) {
    Affine all = affine(0, i);
    for (int p = 1; p < localities; ++p) {
        Affine next = affine(p, i);
        compose(&all, &next, 1);
        all = next;
    }
    return all;
}

}  // namespace hpxpy::comm
