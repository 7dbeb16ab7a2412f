// MPI hands a reduction function nothing but the datatype, so each kernel has a datatype of its own.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/joining.hpp"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "comm/mpi/library.hpp"

namespace hpxpy::comm::mpi {
namespace {

using Function = decltype(Joining::function);

/// The lock is its own: whichever thread moves MPI on, another library's too, may run a reduction.
struct Operations {
    std::shared_mutex lock;
    std::map<std::pair<Function, std::int64_t>, MPI_Datatype> types;
    std::map<MPI_Datatype, Function> functions;
    MPI_Op commutative = MPI_OP_NULL;
    MPI_Op ordered = MPI_OP_NULL;
};
Operations& operations() {
    static auto& operations = *new Operations;
    return operations;
}

void join(void* left, void* into, int* items, MPI_Datatype* type) {
    Function function = nullptr;
    {
        std::shared_lock guard(operations().lock);
        auto found = operations().functions.find(*type);
        if (found != operations().functions.end()) function = found->second;
    }
    if (function) function(left, into, *items);
}

}  // namespace

Operation operation(const Joining& joining) {
    Operations& all = operations();
    std::lock_guard guard(all.lock);
    if (all.ordered == MPI_OP_NULL) {
        check(MPI_Op_create(join, 0, &all.ordered), "MPI_Op_create");
        check(MPI_Op_create(join, 1, &all.commutative), "MPI_Op_create");
    }
    auto [entry, made] =
        all.types.try_emplace({joining.function, joining.item_size}, MPI_DATATYPE_NULL);
    if (made) {
        check(MPI_Type_contiguous(static_cast<int>(joining.item_size), MPI_BYTE, &entry->second),
              "MPI_Type_contiguous");
        check(MPI_Type_commit(&entry->second), "MPI_Type_commit");
        all.functions[entry->second] = joining.function;
    }
    return {entry->second, joining.commutative ? all.commutative : all.ordered};
}

void free_operations() {
    Operations& all = operations();
    std::lock_guard guard(all.lock);
    for (auto& [key, type] : all.types) MPI_Type_free(&type);
    all.types.clear();
    all.functions.clear();
    if (all.ordered == MPI_OP_NULL) return;
    MPI_Op_free(&all.ordered);
    MPI_Op_free(&all.commutative);
}

}  // namespace hpxpy::comm::mpi
