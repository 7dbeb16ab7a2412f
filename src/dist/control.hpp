// The control channel: how a locality that fails, is killed or leaves ends the whole program, by
// name. exec/runtime opens it when there is more than one locality; waits call `check`.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>

namespace hpxpy::dist {

/// This locality's end of the channel. A thread of its own reads it, so it works while Python is busy.
class Control {
public:
    virtual ~Control() = default;
    /// Called from waits (no GIL held): throws CommunicationError if the program is ending; when this
    /// wait can never end, because a locality that `function` needs has left, reports that and ends the
    /// program with code 1.
    virtual void waiting(const char* function) = 0;
    virtual void waited() = 0;
    /// This locality raised: the report (its traceback) is shown first, then the program ends.
    virtual void failed(const std::string& report, int code) = 0;
    /// Leaves well; returns when all localities have said goodbye (false: the program is ending instead).
    virtual bool goodbye() = 0;
};

}  // namespace hpxpy::dist
