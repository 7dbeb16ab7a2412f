// HPX's performance counters by their names.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/include/performance_counters.hpp>
#include <hpx/include/run_as.hpp>

#include "comm/hpx/runtime.hpp"

namespace hpxpy::comm::hpx_engine {

namespace {

/// HPX lists some that it cannot read: those of AGAS itself, of single actions, and those made of others,
/// which are named together with the others.
bool can_be_read(const std::string& name) {
    auto begins = [&](const char* with) { return name.rfind(with, 0) == 0; };
    bool of_agas = begins("/agas") && name.find("/cache/") == std::string::npos;
    bool of_action = name.find('@') != std::string::npos;
    bool needs_name = name.ends_with("/count/component");
    return !of_agas && !of_action && !needs_name && !begins("/statistics") &&
           !begins("/arithmetics");
}

}  // namespace

std::vector<std::string> counter_names() {
    std::vector<std::string> names;
    hpx::run_as_hpx_thread([&names] {
        namespace counters = hpx::performance_counters;
        counters::discover_counter_types(
            [&names](const counters::counter_info& info, hpx::error_code&) {
                if (can_be_read(info.fullname_)) names.push_back(info.fullname_);
                return true;
            },
            counters::discover_counters_mode::full);
    });
    return names;
}

std::optional<double> counter_value(const std::string& name) {
    std::optional<double> value;
    hpx::run_as_hpx_thread([&] {
        try {
            value = hpx::performance_counters::performance_counter(name).get_value<double>(
                hpx::launch::sync);
        } catch (const hpx::exception&) {
            // No counter of that name, or none that is a number.
        }
    });
    return value;
}

}  // namespace hpxpy::comm::hpx_engine
