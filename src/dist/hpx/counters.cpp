// HPX's performance counters by their names.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/include/performance_counters.hpp>
#include <hpx/include/run_as.hpp>

#include "dist/hpx/runtime.hpp"

namespace hpxpy::dist::hpx_engine {

std::vector<std::string> counter_names() {
    std::vector<std::string> names;
    hpx::run_as_hpx_thread([&names] {
        namespace counters = hpx::performance_counters;
        counters::discover_counter_types(
            [&names](const counters::counter_info& info, hpx::error_code&) {
                names.push_back(info.fullname_);
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

}  // namespace hpxpy::dist::hpx_engine
