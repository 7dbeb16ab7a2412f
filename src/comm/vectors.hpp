// Vectors dealt out over localities that other programs of the same engine know by a name: HPX's
// partitioned_vector. An engine that has them gives this; exec/vectors calls it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/dtype.hpp"

namespace hpxpy::comm {

/// A named vector as one locality sees it.
struct NamedVector {
    /// How many elements each locality holds, where it holds one part and the parts come in locality
    /// order; empty otherwise.
    std::vector<std::int64_t> sizes;
    std::int64_t length = 0;
    /// This locality's part, and what keeps it alive, where `sizes` is given. The memory stays valid when
    /// the engine stops.
    void* data = nullptr;
    std::shared_ptr<void> owner;
};

class Vectors {
public:
    virtual ~Vectors() = default;
    /// Whether vectors of this type can be made and found.
    virtual bool has(DType dtype) const = 0;
    /// Names of the types that can, for messages.
    virtual std::string types() const = 0;
    /// Makes a vector of zeros with sizes[i] elements on locality i, and registers it; one locality calls
    /// it for all. ValueError if the name is taken.
    virtual void make(const std::string& name, DType dtype,
                      const std::vector<std::int64_t>& sizes) = 0;
    /// ValueError if there is none of that name, or one of another type.
    virtual NamedVector find(const std::string& name, DType dtype) = 0;
    /// Copies `count` elements from `first` on, wherever they are.
    virtual void read(const std::string& name, DType dtype, std::int64_t first, std::int64_t count,
                      void* to) = 0;
};

}  // namespace hpxpy::comm
