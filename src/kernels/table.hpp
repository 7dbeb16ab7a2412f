// The loops of one instruction set in one table, as the functions of kernels.hpp index it. Internal to
// kernels; tests reach each instruction set through it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/chains.hpp"
#include "kernels/kernels.hpp"
#include "kernels/sorting_few.hpp"

namespace hpxpy::kernels {

struct Table {
    /// By operation, dtype and mask of scalars.
    Block elementwise[op_count][dtype_count][8] = {};
    Block convert[dtype_count][dtype_count] = {};
    Join joining[op_count][dtype_count] = {};
    ReductionLoops reductions[reduction_count][dtype_count] = {};
    ScanLoops scans[reduction_count][dtype_count] = {};
    Chain chains[dtype_count] = {};
    /// By the logarithm of the item's size.
    Copies copies[5] = {};
    void (*stream)(void* dst, const void* src, std::int64_t bytes) = nullptr;
    void (*copy)(void* dst, const void* src, std::int64_t bytes) = nullptr;
    void (*count_up_int64)(void* out, std::int64_t first, std::int64_t n) = nullptr;
    void (*count_up_float64)(void* out, std::int64_t first, std::int64_t n) = nullptr;
    /// By the logarithm of the key's size; nullptr where there is none.
    Network networks[4] = {};
    IntegerProduct products[dtype_count] = {};
};

/// The instruction sets that were compiled and that this processor has, the best one last.
const std::vector<std::string_view>& available_instruction_sets();

/// The loops of one of those; filled at the first call.
const Table& table_of(std::string_view instruction_set);

/// libmvec's entry `name` (such as "_ZGVbN2v_exp"), nullptr where this system has none.
void* vector_function(const char* name);

#define HPXPY_DECLARE_FILLERS(isa)       \
    namespace isa {                      \
    void fill_arithmetic(Table& table);  \
    void fill_comparisons(Table& table); \
    void fill_unary(Table& table);       \
    void fill_functions(Table& table);   \
    void fill_ternary(Table& table);     \
    void fill_conversions(Table& table); \
    void fill_copies(Table& table);      \
    void fill_reductions(Table& table);  \
    void fill_positions(Table& table);   \
    void fill_scans(Table& table);       \
    void fill_moments(Table& table);     \
    void fill_chains(Table& table);      \
    void fill_networks(Table& table);    \
    void fill_products(Table& table);    \
    }
HPXPY_DECLARE_FILLERS(baseline)
#ifdef HPXPY_HAVE_AVX2
HPXPY_DECLARE_FILLERS(avx2)
#endif
#ifdef HPXPY_HAVE_AVX512
HPXPY_DECLARE_FILLERS(avx512)
#endif
#undef HPXPY_DECLARE_FILLERS

}  // namespace hpxpy::kernels
