// Reads a view of a node whose elements lie in several memories, as those of a halo do: one's own part where it always
// was, and the strips that came from neighbours.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "exec/access.hpp"
#include "graph/node.hpp"

namespace hpxpy {

/// For each position of a step's domain the portion that has its element. Portions are boxes along the node's axes, and
/// the view's axes go along those, so that an access for the whole domain can be made for each portion, which is right
/// for the positions in it.
class PortionedAccess {
public:
    /// Nothing where an axis of the view goes along several axes of the node: then `reads` is false.
    static std::optional<PortionedAccess> of(const Node& node, const View& view);
    static bool reads(const Node& node, const View& view);

    /// Every position is the same element, which lies here; or nullptr.
    char* only_element() const;
    /// Each portion is linear.
    bool linear() const { return linear_; }
    /// The strides of the portion that has most elements.
    const Dims& strides() const { return strides_; }

    /// As that of Access.
    void read(void* dense, std::int64_t first, std::int64_t n) const;
    /// Where a position lies: for it and those behind it, `count` in all, the access is right, and they are still to
    /// come or not.
    struct Found {
        const Access* access;
        std::int64_t count;
        bool comes;
    };
    Found find(std::int64_t first) const;

private:
    // An axis of the domain: how far apart its positions are, and how it goes along an axis of the node.
    struct Axis {
        std::int64_t apart, length, step;
        int along;  ///< -1: no axis along which portions end
    };
    struct Box {
        Dims first, last;  ///< along the axes where portions end
        Access access;
        bool comes;
    };

    std::vector<Axis> axes_;  ///< of the domain, the outermost first
    Dims start_;              ///< of the view, along the axes where portions end
    std::vector<Box> boxes_;
    std::int64_t count_ = 0, itemsize_ = 0;
    bool linear_ = true;
    Dims strides_;
};

}  // namespace hpxpy
