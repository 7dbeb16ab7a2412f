// What launched this process, read from the environment before any engine starts.
// SPDX-License-Identifier: BSL-1.0
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

#include "comm/engine.hpp"

extern char** environ;

namespace hpxpy::comm {
namespace {

/// What launched this process, kept when its variables left the environment: a later init needs it.
std::optional<Launch>& remembered() {
    static auto& launch = *new std::optional<Launch>;
    return launch;
}

/// The number in an environment variable, or `otherwise` when it is unset or no number.
int number(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    if (!text || !*text) return otherwise;
    char* end = nullptr;
    long value = std::strtol(text, &end, 10);
    return *end == '\0' && value >= 0 ? static_cast<int>(value) : otherwise;
}

/// Whether the launcher left a connection that this process does not have.
bool connection_lost() {
    const char* text = std::getenv("PMI_FD");
    if (!text) return false;
    char* end = nullptr;
    long fd = std::strtol(text, &end, 10);
    return end == text || *end != '\0' || fd < 0 || fd > std::numeric_limits<int>::max() ||
           fcntl(static_cast<int>(fd), F_GETFD) < 0;
}

Launch innermost() {
    // MPICH's Hydra, Slurm's pmi2, and what speaks their protocol.
    if (int size = number("PMI_SIZE", -1); size > 0)
        return {"PMI_SIZE", size, number("PMI_RANK", 0), "mpi"};
    int step = number("SLURM_STEP_NUM_TASKS", -1);
    if (int size = number("OMPI_COMM_WORLD_SIZE", -1); size > 0)
        return {"OMPI_COMM_WORLD_SIZE", size, number("OMPI_COMM_WORLD_RANK", 0), "mpi"};
    // PMIx tells no size in the environment; 0 stands for unknown.
    if (int id = number("PMIX_RANK", -1); id >= 0)
        return {"PMIX_RANK", std::max(step, 0), id, "mpi"};
    if (step > 0) return {"SLURM_STEP_NUM_TASKS", step, number("SLURM_PROCID", 0), "mpi"};
    // A number without a count: some launcher started this process, and perhaps MPI knows how many.
    for (const char* variable : {"PMI_RANK", "OMPI_COMM_WORLD_RANK"})
        if (int id = number(variable, -1); id >= 0) return {variable, 0, id, "mpi"};
    // Started one by one (LocalityConfig.environment() in Python), for engine hpx.
    const char* agas = std::getenv("HPXPY_AGAS");
    int id = number("HPXPY_LOCALITY_ID", -1);
    if (agas && *agas && id >= 0) {
        const char* address = std::getenv("HPXPY_HPX");
        return {"HPXPY_LOCALITY_ID",   number("HPXPY_NUM_LOCALITIES", 0), id, "hpx", "", agas,
                address ? address : ""};
    }
    return {};
}

bool of_launcher(std::string_view name) {
    constexpr std::string_view prefixes[] = {"PMI_", "PMIX_", "OMPI_", "PRTE_", "HYDI_", "HYDRA_"};
    constexpr std::string_view names[] = {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID",
                                          "SLURM_LOCALID",        "MPI_LOCALNRANKS",
                                          "MPI_LOCALRANKID",      "HPXPY_NUM_LOCALITIES",
                                          "HPXPY_LOCALITY_ID",    "HPXPY_MULTI_LOCALITY",
                                          "HPXPY_AGAS",           "HPXPY_HPX"};
    auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    return std::any_of(std::begin(prefixes), std::end(prefixes), begins) ||
           std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

Launch detect_launch() {
    Launch launch = innermost();
    int asked = number("HPXPY_NUM_LOCALITIES", -1);
    if (launch.variable.empty() && asked < 1) return remembered().value_or(launch);

    if (launch.variable.empty() || (asked > 0 && launch.size == 0)) {
        launch.variable = "HPXPY_NUM_LOCALITIES";
        launch.size = asked;
        launch.engine = "mpi";
    }
    auto seen = launch.variable + "=" + std::to_string(launch.size);
    if (asked > 0 && asked != launch.size)
        launch.problem = "hpxpy run started " + std::to_string(asked) + " localities, but " + seen +
                         " says otherwise; do not start another launcher inside it";
    else if (launch.variable == "OMPI_COMM_WORLD_SIZE" || launch.variable == "PMIX_RANK")
        launch.problem =
            launch.variable +
            " says that a PMIx launcher (Open MPI's, or srun --mpi=pmix) started this "
            "process, which an MPI of the MPICH family cannot join; start with 'hpxpy "
            "run -n N', MPICH's mpiexec or srun --mpi=pmi2, or build hpxpy against that "
            "MPI (pip install . --config-settings=cmake.define.HPXPY_MPI=system)";
    else if (launch.variable == "PMI_SIZE" && launch.size > 1 && connection_lost())
        launch.problem = std::string("PMI_FD=") + std::getenv("PMI_FD") +
                         " is no open file, so the connection to the launcher that set " + seen +
                         " is lost (a script between it and this process may have closed it); "
                         "start with 'hpxpy run -n N', or unset what is left of a launcher";
    else if (launch.engine == "mpi" && launch.size > 0 && launch.id >= launch.size)
        launch.problem = "the launcher's variables contradict each other: " + seen +
                         ", but this process is told to be number " + std::to_string(launch.id) +
                         "; start with 'hpxpy run -n N', or unset what is left of a launcher";
    return launch;
}

std::vector<std::string> clear_launch() {
    Launch launch = detect_launch();
    if (!launch.variable.empty()) remembered() = launch;
    std::vector<std::string> names;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view name(*entry);
        name = name.substr(0, name.find('='));
        if (of_launcher(name)) names.emplace_back(name);
    }
    for (const std::string& name : names) unsetenv(name.c_str());
    return names;
}

}  // namespace hpxpy::comm
