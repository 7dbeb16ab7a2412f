// Picks the instruction set, and looks loops up in its table.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/kernels.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/error.hpp"
#include "base/settings.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels {

namespace {

constexpr std::string_view names[] = {"baseline", "avx2", "avx512"};
std::unique_ptr<Table> tables[std::size(names)];
std::once_flag filled[std::size(names)];

#define HPXPY_FILL(isa)               \
    do {                              \
        isa::fill_arithmetic(table);  \
        isa::fill_comparisons(table); \
        isa::fill_unary(table);       \
        isa::fill_functions(table);   \
        isa::fill_ternary(table);     \
        isa::fill_conversions(table); \
        isa::fill_copies(table);      \
        isa::fill_reductions(table);  \
        isa::fill_positions(table);   \
        isa::fill_scans(table);       \
        isa::fill_moments(table);     \
        isa::fill_chains(table);      \
        isa::fill_networks(table);    \
        isa::fill_products(table);    \
    } while (false)

void fill(std::size_t set, Table& table) {
    switch (set) {
#ifdef HPXPY_HAVE_AVX512
        case 2:
            HPXPY_FILL(avx512);
            return;
#endif
#ifdef HPXPY_HAVE_AVX2
        case 1:
            HPXPY_FILL(avx2);
            return;
#endif
        default:
            HPXPY_FILL(baseline);
    }
}
#undef HPXPY_FILL

std::size_t position(std::string_view name) {
    return static_cast<std::size_t>(std::find(std::begin(names), std::end(names), name) -
                                    std::begin(names));
}

struct Choice {
    std::string_view name;
    const Table* table;
};

// The last one that is available and not above this one.
std::string_view set_up_to(std::size_t highest) {
    std::string_view name = names[0];
    for (std::string_view set : available_instruction_sets())
        if (position(set) <= highest) name = set;
    return name;
}

std::string_view best_set() {
    static const std::string_view best = [] {
        std::string highest = settings::isa();
        return set_up_to(highest.empty() ? std::size(names) : position(highest));
    }();
    return best;
}

std::atomic<const Choice*> chosen{nullptr};

const Choice& choose(std::string_view name) {
    static Choice choices[std::size(names)] = {};
    static std::mutex lock;
    std::lock_guard guard(lock);
    Choice& choice = choices[position(name)];
    if (!choice.table) choice = {name, &table_of(name)};
    chosen.store(&choice, std::memory_order_release);
    return choice;
}

const Choice& choice() {
    const Choice* now = chosen.load(std::memory_order_acquire);
    return now ? *now : choose(best_set());
}

int index(DType dtype) { return static_cast<int>(dtype); }

// The value that every other one is chosen before.
template <class T>
T last_choice(bool of_least) {
    if constexpr (is_complex_type<T>) {
        auto part = last_choice<typename T::value_type>(of_least);
        return T(part, part);
    } else {
        using Limits = std::numeric_limits<T>;
        if constexpr (Limits::has_infinity)
            return of_least ? Limits::infinity() : -Limits::infinity();
        else
            return of_least ? Limits::max() : Limits::lowest();
    }
}

template <class T>
void write_identity(Reduction reduction, void* state, std::int64_t state_size) {
    if (row(reduction).result == Result::moments) {
        std::memset(state, 0, static_cast<std::size_t>(state_size));
        return;
    }
    auto write = [&](T value) { std::memcpy(state, &value, sizeof value); };
    switch (row(reduction).identity) {
        case Identity::zero:
            return write(T(0));
        case Identity::one:
            return write(T(1));
        case Identity::all_bits:
            return write(T(-1));
        case Identity::none:
            write(last_choice<T>(row(reduction).joining == Op::minimum ||
                                 row(reduction).joining == Op::less));
    }
    if (row(reduction).result == Result::index) {
        constexpr std::int64_t nowhere = std::numeric_limits<std::int64_t>::max();
        std::memcpy(static_cast<char*>(state) + state_size - sizeof nowhere, &nowhere,
                    sizeof nowhere);
    }
}

}  // namespace

const std::vector<std::string_view>& available_instruction_sets() {
    static const std::vector<std::string_view> sets = [] {
        std::vector<std::string_view> found{names[0]};
#ifdef HPXPY_HAVE_AVX2
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
            __builtin_cpu_supports("bmi2"))
            found.push_back(names[1]);
#endif
#ifdef HPXPY_HAVE_AVX512
        if (found.size() == 2 && __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl"))
            found.push_back(names[2]);
#endif
        return found;
    }();
    return sets;
}

const Table& table_of(std::string_view instruction_set) {
    std::size_t set = position(instruction_set);
    std::call_once(filled[set], [&] {
        auto table = std::make_unique<Table>();
        fill(set, *table);
        tables[set] = std::move(table);
    });
    return *tables[set];
}

void* vector_function(const char* name) {
    // Never closed: the loops keep the entries.
    static void* const library = dlopen("libmvec.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : nullptr;
}

Block elementwise(Op op, DType compute, unsigned scalars) {
    return choice().table->elementwise[static_cast<int>(op)][index(compute)][scalars & 7];
}

Block convert(DType from, DType to) { return choice().table->convert[index(from)][index(to)]; }

Chain chain(DType compute) { return choice().table->chains[index(compute)]; }

const Copies& copies(std::int64_t itemsize) {
    return choice().table->copies[std::countr_zero(static_cast<std::uint64_t>(itemsize))];
}

void copy(void* dst, const void* src, std::int64_t bytes) { choice().table->copy(dst, src, bytes); }

void stream(void* dst, const void* src, std::int64_t bytes) {
    choice().table->stream(dst, src, bytes);
}

void store_fence() {
#if defined(__x86_64__)
    _mm_sfence();
#else
    std::atomic_thread_fence(std::memory_order_release);
#endif
}

void count_up(DType dtype, void* out, std::int64_t first, std::int64_t n) {
    const Table& table = *choice().table;
    (dtype == DType::float64 ? table.count_up_float64 : table.count_up_int64)(out, first, n);
}

IntegerProduct integer_product(DType dtype) { return choice().table->products[index(dtype)]; }

Network network(std::size_t size) { return choice().table->networks[std::countr_zero(size)]; }

const ReductionLoops& reduction(Reduction reduction, DType compute) {
    return choice().table->reductions[static_cast<int>(reduction)][index(compute)];
}

const ScanLoops& scan(Reduction reduction, DType compute) {
    return choice().table->scans[static_cast<int>(reduction)][index(compute)];
}

void identity(Reduction reduction, DType compute, void* state) {
    std::int64_t size = kernels::reduction(reduction, compute).state_size;
    visit(compute, [&]<class T>() { write_identity<T>(reduction, state, size); });
}

Join joining(Op op, DType compute) {
    return choice().table->joining[static_cast<int>(op)][index(compute)];
}

std::string_view instruction_set() { return choice().name; }

int best_instruction_set() { return static_cast<int>(position(best_set())); }

void use_instruction_set(int number) {
    choose(set_up_to(std::min(static_cast<std::size_t>(number), position(best_set()))));
}

}  // namespace hpxpy::kernels
