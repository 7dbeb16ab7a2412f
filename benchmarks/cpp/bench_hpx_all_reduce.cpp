// HPX's own all_reduce, called directly: what engine hpx is measured beside. Built where CMake finds HPX;
// benchmarks/python/engines.py starts one process for each locality and gives HPX's options.
//
//     bench_hpx_all_reduce --calls=500 --large-calls=3 --samples=5 --hpx:localities=2 ...
//
// sums a double (500 calls, five times) and a vector of 8e6 doubles (3 calls, five times) over all localities;
// locality 0 prints the seconds of a call, the medians of the five, as one line of JSON.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/hpx_init.hpp>
#include <hpx/include/runtime.hpp>
#include <hpx/modules/collectives.hpp>
#include <hpx/modules/program_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using Values = std::vector<double>;
constexpr std::size_t large = 8'000'000;

/// As HPX's users write it: the sum of two vectors, in the memory of one of them.
struct Sum {
    double operator()(double a, double b) const { return a + b; }
    Values operator()(Values a, const Values& b) const {
        std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
        return a;
    }
    template <class Archive>
    void serialize(Archive&, unsigned) {}
};

void check(bool good) {
    if (good) return;
    std::fputs("bench_hpx_all_reduce: the sum is wrong\n", stderr);
    std::exit(1);
}

/// One communicator and its count of calls.
class Group {
public:
    Group(const char* name, std::uint32_t size, std::uint32_t id)
        : id_(id),
          communicator_(hpx::collectives::create_communicator(
              name, hpx::collectives::num_sites_arg(size), hpx::collectives::this_site_arg(id))) {}

    template <class T>
    T sum(T value) {
        return hpx::collectives::all_reduce(communicator_, std::move(value), Sum(),
                                            hpx::collectives::this_site_arg(id_),
                                            hpx::collectives::generation_arg(++calls_))
            .get();
    }

private:
    std::uint32_t id_;
    hpx::collectives::communicator communicator_;
    std::size_t calls_ = 0;
};

/// Seconds of a call: the median of `samples` means over `count` calls.
template <class F>
double seconds(int samples, int count, F&& call) {
    call();
    std::vector<double> times;
    for (int s = 0; s < samples; ++s) {
        auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < count; ++i) call();
        std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        times.push_back(passed.count() / count);
    }
    std::nth_element(times.begin(), times.begin() + samples / 2, times.end());
    return times[static_cast<std::size_t>(samples) / 2];
}

}  // namespace

int hpx_main(hpx::program_options::variables_map& given) {
    auto number = [&](const char* name) { return given[name].as<int>(); };
    const int samples = number("samples");
    std::uint32_t size = hpx::get_num_localities(hpx::launch::sync);
    std::uint32_t id = hpx::get_locality_id();
    double expected = size * (size + 1) / 2.0;

    Group small("/hpxpy/bench/small", size, id);
    double of_double =
        seconds(samples, number("calls"), [&] { check(small.sum(id + 1.0) == expected); });

    Group big("/hpxpy/bench/large", size, id);
    const Values mine(large, id + 1.0);
    Values sum;
    double of_vector = seconds(samples, number("large-calls"), [&] { sum = big.sum(mine); });
    check(sum == Values(large, expected));

    if (id == 0) std::printf("{\"double\": %.9f, \"vector\": %.9f}\n", of_double, of_vector);
    // The end of locality 0 is that of all; the others wait for it.
    return id == 0 ? hpx::finalize() : 0;
}

int main(int argc, char** argv) {
    namespace options = hpx::program_options;
    options::options_description known("bench_hpx_all_reduce");
    known.add_options()("calls", options::value<int>()->default_value(500), "of a double")(
        "large-calls", options::value<int>()->default_value(3), "of a vector")(
        "samples", options::value<int>()->default_value(5), "of each");
    hpx::init_params params;
    params.desc_cmdline = known;
    params.cfg = {"hpx.run_hpx_main!=1"};
    return hpx::init(argc, argv, params);
}
