// What localities that are played at the same time leave for each other: what a root told, in files of one folder.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy::comm {

class Transcript {
public:
    explicit Transcript(std::string folder) : folder_(std::move(folder)) {}

    /// What this locality tells the others, by a name that is theirs for it, too.
    void tell(int locality, const std::string& what, ConstBytes bytes) const;
    /// As a root: what exchange `number` tells the others.
    void tell(int locality, std::int64_t number, ConstBytes bytes) const;

    /// What `root` tells by that exchange, given to `take` when it is there; whoever plays localities is asked to play that
    /// one, too.
    std::unique_ptr<Request> hear(int root, std::int64_t number,
                                  std::function<void(const std::vector<std::byte>&)> take) const;
    /// `bytes` become those that `locality` tells by that name; they stay as they are if it ends without. Waits.
    void share(int locality, const std::string& what, Bytes bytes) const;

private:
    std::string path(int locality, const std::string& what) const;
    std::string ended(int locality) const { return folder_ + "/ended-" + std::to_string(locality); }
    void want(int locality) const;
    std::string folder_;
};

}  // namespace hpxpy::comm
