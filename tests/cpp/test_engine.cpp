// The local engine's communicator, which engine is chosen, and what launched the process.
// SPDX-License-Identifier: BSL-1.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "communicator_cases.hpp"

namespace hpxpy::comm {

const char* const engine_name = "local";

INSTANTIATE_TEST_SUITE_P(Local, CommunicatorTest, testing::Values(Config{}));

namespace {

/// Sets the environment for one test and nothing else of what launchers set.
class LaunchTest : public testing::Test {
protected:
    using Variables = std::map<std::string, std::string>;
    void SetUp() override { forget(); }
    void TearDown() override {
        forget();
        if (path_.empty())
            unsetenv("HPXPY_ENGINE_PATH");
        else
            setenv("HPXPY_ENGINE_PATH", path_.c_str(), 1);
    }
    static Launch launched(const Variables& variables) {
        forget();
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
        return detect_launch();
    }
    template <class E>
    static void expect_error(const std::string& name, const std::string& folder,
                             const std::string& text) {
        try {
            engine(name, folder);
            FAIL() << "no error for engine '" << name << "'";
        } catch (const E& error) {
            EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
        }
    }

private:
    static void forget() {
        for (const char* name :
             {"PMI_SIZE", "PMI_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "PMIX_RANK",
              "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_NTASKS", "HPXPY_NUM_LOCALITIES",
              "HPXPY_ENGINE"})
            unsetenv(name);
    }
    std::string path_ = std::getenv("HPXPY_ENGINE_PATH") ? std::getenv("HPXPY_ENGINE_PATH") : "";
};

TEST_F(LaunchTest, InnermostLauncherCounts) {
    EXPECT_EQ(launched({}).size, 1);
    EXPECT_EQ(launched({}).variable, "");
    Launch launch = launched({{"PMI_SIZE", "4"}, {"PMI_RANK", "2"}, {"SLURM_STEP_NUM_TASKS", "9"}});
    EXPECT_EQ(launch.variable, "PMI_SIZE");
    EXPECT_EQ(launch.size, 4);
    EXPECT_EQ(launch.id, 2);
    EXPECT_EQ(launch.engine, "mpi");
    EXPECT_EQ(launch.problem, "");
    launch = launched({{"SLURM_STEP_NUM_TASKS", "3"}, {"SLURM_PROCID", "1"}});
    EXPECT_EQ(launch.variable, "SLURM_STEP_NUM_TASKS");
    EXPECT_EQ(launch.size, 3);
    EXPECT_EQ(launch.id, 1);
    // Plain batch shells have this one too.
    EXPECT_EQ(launched({{"SLURM_NTASKS", "8"}}).size, 1);
    EXPECT_EQ(launched({{"PMI_SIZE", "many"}}).size, 1);
}

TEST_F(LaunchTest, PmixNeedsAnMpiThatCanJoin) {
    Launch launch = launched({{"OMPI_COMM_WORLD_SIZE", "2"}, {"PMIX_RANK", "1"}});
    EXPECT_EQ(launch.variable, "OMPI_COMM_WORLD_SIZE");
    EXPECT_NE(launch.problem.find("hpxpy run -n N"), std::string::npos);
    launch = launched({{"PMIX_RANK", "1"}});
    EXPECT_EQ(launch.size, 0);
    expect_error<RuntimeError>("local", "", "PMIX_RANK is set");
    EXPECT_EQ(launched({{"PMIX_RANK", "0"}, {"SLURM_STEP_NUM_TASKS", "5"}}).size, 5);
}

TEST_F(LaunchTest, VariablesThatTellHalfOfALaunch) {
    for (const char* variable : {"PMI_RANK", "OMPI_COMM_WORLD_RANK"}) {
        Launch launch = launched({{variable, "1"}});
        EXPECT_EQ(launch.variable, variable);
        EXPECT_EQ(launch.size, 0);
        unsetenv("HPXPY_ENGINE");
        expect_error<RuntimeError>("local", "", std::string(variable) + " is set");
    }
    // Batch shells have this one too.
    EXPECT_EQ(launched({{"SLURM_PROCID", "0"}}).size, 1);
    Launch launch = launched({{"PMI_SIZE", "2"}, {"PMI_RANK", "2"}});
    EXPECT_NE(launch.problem.find("PMI_SIZE=2, but this process is told to be number 2"),
              std::string::npos);
    EXPECT_EQ(launched({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}}).problem, "");
}

TEST_F(LaunchTest, HpxpyRunsCountIsChecked) {
    EXPECT_EQ(launched({{"HPXPY_NUM_LOCALITIES", "2"}, {"PMI_SIZE", "2"}}).problem, "");
    Launch launch = launched({{"HPXPY_NUM_LOCALITIES", "4"}, {"PMI_SIZE", "2"}});
    EXPECT_NE(launch.problem.find("started 4 localities, but PMI_SIZE=2"), std::string::npos);
    EXPECT_EQ(launched({{"HPXPY_NUM_LOCALITIES", "3"}}).size, 3);
}

TEST_F(LaunchTest, LocalEngineIsForOneProcess) {
    launched({{"PMI_SIZE", "3"}});
    expect_error<RuntimeError>("local", "",
                               "init: engine 'local' would make each of the 3 launched processes "
                               "(PMI_SIZE=3) a program of its own; use engine='mpi'");
    setenv("HPXPY_ENGINE", "local", 1);
    expect_error<RuntimeError>("", "", "PMI_SIZE=3");
    launched({{"PMI_SIZE", "1"}});
    EXPECT_EQ(engine("local", "").start({})->size(), 1);
    EXPECT_EQ(&engine("", ""), &engine("local", ""));
}

TEST_F(LaunchTest, UnknownAndMissingEngines) {
    launched({});
    expect_error<ValueError>("smoke", "",
                             "init: engine 'smoke' is unknown; choose 'local', 'mpi' or 'hpx'");
    setenv("HPXPY_ENGINE", "signals", 1);
    expect_error<ValueError>("", "", "init: engine 'signals' is unknown");
    unsetenv("HPXPY_ENGINE_PATH");
    expect_error<ImportError>("hpx", "/nowhere", "init: engine 'hpx' is not available: /nowhere/");
    expect_error<ImportError>("hpx", "/nowhere", "HPX 1.11");
}

TEST_F(LaunchTest, ModulesThatDoNotLoadSayWhy) {
    launched({});
    auto folder =
        std::filesystem::temp_directory_path() / ("hpxpy_test_engine_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "_engine_hpx.so") << std::string(1000, 'x');
    setenv("HPXPY_ENGINE_PATH", folder.c_str(), 1);
    expect_error<ImportError>("hpx", "/ignored", "invalid ELF header");
    std::filesystem::remove_all(folder);
    expect_error<ImportError>("hpx", "/ignored", "does not exist");
}

TEST_F(LaunchTest, LocalEngineKnowsNoConfig) {
    launched({});
    EXPECT_THROW(engine("local", "").start({.config = {"mpi.chunk=3"}}), ValueError);
}

TEST_F(LaunchTest, ReceivedMessagesMustFit) {
    launched({});
    Communicator& group = World::get();
    int out = 1;
    std::int64_t in = 0;
    finish(*group.start_send({&out, 4}, 0, 3));
    EXPECT_THROW(group.start_recv({&in, 8}, 0, 3)->test(), CommunicationError);
    EXPECT_FALSE(group.start_recv({&in, 8}, 0, 4)->test());
}

TEST_F(LaunchTest, ClearingTakesVariablesOutAndRemembers) {
    launched({{"PMI_SIZE", "3"},
              {"PMI_RANK", "2"},
              {"HPXPY_NUM_LOCALITIES", "3"},
              {"SLURM_NTASKS", "7"}});
    auto names = clear_launch();
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"HPXPY_NUM_LOCALITIES", "PMI_RANK", "PMI_SIZE"}));
    EXPECT_EQ(std::getenv("PMI_SIZE"), nullptr);
    EXPECT_NE(std::getenv("SLURM_NTASKS"), nullptr);
    Launch launch = detect_launch();
    EXPECT_EQ(launch.size, 3);
    EXPECT_EQ(launch.id, 2);
    // What is remembered stays for the rest of this process: the last word is one locality.
    launched({{"PMI_SIZE", "1"}});
    clear_launch();
    EXPECT_EQ(detect_launch().size, 1);
}

}  // namespace
}  // namespace hpxpy::comm
