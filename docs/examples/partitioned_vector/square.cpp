// Joins a running Python program and squares each element of the vector "numbers", which the Python
// program shares; then it shares a vector of its own, "sums", with the sum of each part.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/hpx_init.hpp>
#include <hpx/include/partitioned_vector_predef.hpp>
#include <hpx/include/run_as.hpp>
#include <hpx/include/runtime.hpp>

#include <cstddef>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

int hpx_main(int, char**) {
    hpx::partitioned_vector<double> numbers;
    numbers.connect_to(hpx::launch::sync, "numbers");

    std::vector<double> sums;
    std::size_t count = numbers.partitions().size();
    for (std::size_t part = 0; part < count; ++part) {
        std::vector<std::size_t> places(numbers.partitions()[part].size_);
        std::iota(places.begin(), places.end(), std::size_t{0});
        std::vector<double> values = numbers.get_values(hpx::launch::sync, part, places);
        double sum = 0;
        for (double& value : values) {
            value *= value;
            sum += value;
        }
        // In place: arrays in Python look at this memory.
        numbers.set_values(hpx::launch::sync, part, places, values);
        sums.push_back(sum);
    }

    // One element on each locality of the Python program.
    std::vector<hpx::id_type> owners;
    for (const auto& part : numbers.partitions())
        owners.push_back(hpx::naming::get_id_from_locality_id(part.locality_id_));
    hpx::partitioned_vector<double> shared(
        count, 0.0, hpx::explicit_container_layout(std::vector<std::size_t>(count, 1), owners));
    shared.register_as(hpx::launch::sync, "sums");
    for (std::size_t part = 0; part < count; ++part)
        shared.set_value(hpx::launch::sync, part, sums[part]);

    std::cout << "squared " << numbers.size() << " numbers in " << count << " parts" << std::endl;
    // Stay until Python has found "sums"; on a thread of the system, since HPX's are needed to answer.
    hpx::run_as_os_thread([] {
        std::string done;
        std::getline(std::cin, done);
    }).get();
    return hpx::disconnect();
}

int main(int argc, char** argv) {
    hpx::init_params params;
    params.mode = hpx::runtime_mode::connect;
    params.cfg = {"hpx.run_hpx_main!=1"};
    return hpx::init(argc, argv, params);
}
