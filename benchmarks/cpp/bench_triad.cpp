// The limits that memory sets: the STREAM triad a = b + s*c, and reading three arrays.
// benchmarks/python/contest.py keeps one process of it beside the contestants and asks for a run between
// theirs.
//
//     bench_triad triad float64 20000000 2 5     one line of JSON: the best of 5 runs on 2 threads
//     bench_triad read float64 20000000 2 5      the same of reading alone
//     bench_triad                                the same five words a line from stdin, an answer a line
// SPDX-License-Identifier: BSL-1.0
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;
using Loop = void (*)(char* a, const char* b, const char* c, std::int64_t bytes);

#if defined(__x86_64__)
template <class T, int bytes>
struct Vector {
    typedef T type __attribute__((vector_size(bytes), may_alias, aligned(bytes)));
};

// The body of a loop over whole vectors; a macro, as inline functions do not cross targets.
#define HPXPY_TRIAD_LOOP(width, STORE)                                                        \
    using V = typename Vector<T, width>::type;                                                \
    for (std::int64_t i = 0; i < bytes; i += width) {                                         \
        V value =                                                                             \
            *reinterpret_cast<const V*>(b + i) + T(2.5) * *reinterpret_cast<const V*>(c + i); \
        STORE;                                                                                \
    }

// Four sums at once, so that adding never waits.
#define HPXPY_READ_LOOP(width)                                                 \
    using V = typename Vector<T, width>::type;                                 \
    V sums[4] = {};                                                            \
    for (std::int64_t i = 0; i < bytes; i += 64)                               \
        for (int k = 0; k < 64 / width; ++k) {                                 \
            sums[0] += *reinterpret_cast<const V*>(a + i + k * width);         \
            sums[1] += *reinterpret_cast<const V*>(b + i + k * width);         \
            sums[2 + k % 2] += *reinterpret_cast<const V*>(c + i + k * width); \
        }                                                                      \
    sums[0] += sums[1] + sums[2] + sums[3];                                    \
    asm volatile("" : : "m"(sums[0]));

template <class T>
__attribute__((target("avx512f"))) void stored_512(char* a, const char* b, const char* c,
                                                   std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(64, *reinterpret_cast<V*>(a + i) = value)
}
template <class T>
__attribute__((target("avx512f"))) void streamed_512(char* a, const char* b, const char* c,
                                                     std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(64, _mm512_stream_si512(reinterpret_cast<__m512i*>(a + i), (__m512i)value))
}
template <class T>
__attribute__((target("avx2"))) void stored_256(char* a, const char* b, const char* c,
                                                std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(32, *reinterpret_cast<V*>(a + i) = value)
}
template <class T>
__attribute__((target("avx2"))) void streamed_256(char* a, const char* b, const char* c,
                                                  std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(32, _mm256_stream_si256(reinterpret_cast<__m256i*>(a + i), (__m256i)value))
}
template <class T>
void stored_128(char* a, const char* b, const char* c, std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(16, *reinterpret_cast<V*>(a + i) = value)
}
template <class T>
void streamed_128(char* a, const char* b, const char* c, std::int64_t bytes) {
    HPXPY_TRIAD_LOOP(16, _mm_stream_si128(reinterpret_cast<__m128i*>(a + i), (__m128i)value))
}

template <class T>
__attribute__((target("avx512f"))) void read_512(char* a, const char* b, const char* c,
                                                 std::int64_t bytes) {
    HPXPY_READ_LOOP(64)
}
template <class T>
__attribute__((target("avx2"))) void read_256(char* a, const char* b, const char* c,
                                              std::int64_t bytes) {
    HPXPY_READ_LOOP(32)
}
template <class T>
void read_128(char* a, const char* b, const char* c, std::int64_t bytes) {
    HPXPY_READ_LOOP(16)
}

/// The loops of a kind; the fastest counts.
template <class T>
std::vector<Loop> loops(bool read) {
    if (__builtin_cpu_supports("avx512f")) {
        if (read) return {read_512<T>};
        return {stored_512<T>, streamed_512<T>};
    }
    if (__builtin_cpu_supports("avx2")) {
        if (read) return {read_256<T>};
        return {stored_256<T>, streamed_256<T>};
    }
    if (read) return {read_128<T>};
    return {stored_128<T>, streamed_128<T>};
}
void fence() { _mm_sfence(); }
#else
template <class T>
__attribute__((optimize("O3"))) void stored(char* a, const char* b, const char* c,
                                            std::int64_t bytes) {
    T* to = reinterpret_cast<T*>(a);
    const T* left = reinterpret_cast<const T*>(b);
    const T* right = reinterpret_cast<const T*>(c);
    for (std::int64_t i = 0; i < bytes / std::int64_t(sizeof(T)); ++i)
        to[i] = left[i] + T(2.5) * right[i];
}
template <class T>
__attribute__((optimize("O3"))) void read_all(char* a, const char* b, const char* c,
                                              std::int64_t bytes) {
    using Whole = std::uint64_t;
    Whole found = 0;
    for (const char* from : {static_cast<const char*>(a), b, c})
        for (std::int64_t i = 0; i < bytes / 8; ++i)
            found ^= reinterpret_cast<const Whole*>(from)[i];
    asm volatile("" : : "m"(found));
}
template <class T>
std::vector<Loop> loops(bool read) {
    if (read) return {read_all<T>};
    return {stored<T>};
}
void fence() {}
#endif

/// Memory for huge pages, whole cache lines; it goes back to the system with the process.
template <class T>
char* numbers(std::int64_t bytes, T value) {
    constexpr std::size_t huge_page = std::size_t(2) << 20;
    std::size_t size = (static_cast<std::size_t>(bytes) + huge_page) / huge_page * huge_page;
    void* memory = std::aligned_alloc(huge_page, size);
    if (!memory) {
        std::fprintf(stderr, "bench_triad: no memory for %zu bytes\n", size);
        std::exit(1);
    }
    madvise(memory, size, MADV_HUGEPAGE);
    std::fill_n(static_cast<T*>(memory), size / sizeof(T), value);
    return static_cast<char*>(memory);
}

void pin(int thread) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpus[static_cast<std::size_t>(thread) % cpus.size()], &one);
    sched_setaffinity(0, sizeof one, &one);
}

/// Where all threads wait for each other: a short spin, then the core is given away.
class Gate {
public:
    explicit Gate(int threads) : threads_(threads) {}
    void wait() {
        int round = round_.load();
        if (waiting_.fetch_add(1) + 1 == threads_) {
            waiting_.store(0);
            round_.store(round + 1);
            return;
        }
        for (int spins = 0; round_.load() == round; ++spins)
            if (spins > 10000) sched_yield();
    }

private:
    int threads_;
    std::atomic<int> waiting_{0}, round_{0};
};

struct Arrays {
    std::int64_t bytes = 0;
    char *a = nullptr, *b = nullptr, *c = nullptr;
};

template <class T>
Arrays& arrays(std::int64_t bytes) {
    static Arrays held;
    if (held.bytes != bytes) {
        for (char* old : {held.a, held.b, held.c}) std::free(old);
        held = {bytes, numbers<T>(bytes, 0), numbers<T>(bytes, 1), numbers<T>(bytes, 3)};
    }
    return held;
}

/// Seconds of one triad, the best of `repeats` and of plain and streaming stores, or of reading.
template <class T>
double measure(bool read, std::int64_t n, int threads, int repeats) {
    std::int64_t bytes = (n * std::int64_t(sizeof(T)) + 63) / 64 * 64;
    Arrays& x = arrays<T>(bytes);
    // Short triads are timed many at once.
    int inner = static_cast<int>(std::max<std::int64_t>(1, (std::int64_t(1) << 22) / bytes));
    double best = 1e9;
    for (Loop loop : loops<T>(read)) {
        Gate gate(threads);
        auto work = [&](int thread) {
            pin(thread);
            std::int64_t lines = bytes / 64;
            std::int64_t first = lines * thread / threads * 64;
            std::int64_t size = lines * (thread + 1) / threads * 64 - first;
            for (int repeat = 0; repeat < repeats + 1; ++repeat) {
                gate.wait();
                auto begin = Clock::now();
                for (int k = 0; k < inner; ++k) {
                    loop(x.a + first, x.b + first, x.c + first, size);
                    fence();
                    if (threads > 1) gate.wait();
                }
                std::chrono::duration<double> seconds = Clock::now() - begin;
                // The first run fills the caches.
                if (thread == 0 && repeat > 0) best = std::min(best, seconds.count() / inner);
            }
        };
        std::vector<std::thread> others;
        for (int thread = 0; thread < threads; ++thread) others.emplace_back(work, thread);
        for (std::thread& other : others) other.join();
        if (!read && reinterpret_cast<const T*>(x.a)[n - 1] != T(8.5)) {
            std::fprintf(stderr, "bench_triad: wrong result\n");
            std::exit(1);
        }
    }
    return best;
}

bool answer(const std::string& kind, const std::string& dtype, std::int64_t n, int threads,
            int repeats) {
    bool wide = dtype == "float64";
    bool read = kind == "read";
    if ((!read && kind != "triad") || (!wide && dtype != "float32") || n < 1 || threads < 1 ||
        repeats < 1)
        return false;
    double seconds = wide ? measure<double>(read, n, threads, repeats)
                          : measure<float>(read, n, threads, repeats);
    double bytes = 3.0 * static_cast<double>(n) * (wide ? 8 : 4);
    std::printf(
        "{\"dtype\": \"%s\", \"n\": %lld, \"threads\": %d, \"seconds\": %.9g, \"gb_per_s\": "
        "%.3f}\n",
        dtype.c_str(), static_cast<long long>(n), threads, seconds, bytes / seconds / 1e9);
    std::fflush(stdout);
    return true;
}

bool answer(std::istream& words) {
    std::string kind, dtype;
    std::int64_t n = 0;
    int threads = 0, repeats = 0;
    words >> kind >> dtype >> n >> threads >> repeats;
    return words && answer(kind, dtype, n, threads, repeats);
}

}  // namespace

int main(int argc, char** argv) {
    std::string text;
    if (argc > 1) {
        for (int i = 1; i < argc; ++i) text += std::string(argv[i]) + " ";
        std::istringstream words(text);
        if (answer(words)) return 0;
    } else {
        while (std::getline(std::cin, text)) {
            std::istringstream words(text);
            if (!answer(words)) break;
        }
        if (std::cin.eof()) return 0;
    }
    std::fprintf(stderr, "bench_triad: '%s' is not: triad|read float64|float32 n threads repeats\n",
                 text.c_str());
    return 2;
}
