// What a played locality exchanges, by the line of the program that asks for it. The engine `plan` writes it, the bindings
// give it to Python.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/traffic.hpp"
#include "comm/communicator.hpp"

namespace hpxpy::comm {

/// Exchanges of one kind that one line of the program starts. Sent bytes and messages are those of hpx.counters.
struct LoggedExchanges {
    std::int64_t exchanges = 0;
    Sent sent{};
    Sent received{};
    std::int64_t largest = 0;  ///< bytes of a message, in either direction
    bool depends = false;      ///< on values: counts of elements are not those of every run
    std::map<int, Sent>
        peers{};  ///< what goes to and comes from single localities, where not all get the same
};

/// What the localities of a program all call, one after the other: each as a hash of it and of all before.
struct LoggedCall {
    std::uint64_t chain;
    std::int32_t text;  ///< which of `texts`
};

struct Log {
    std::map<std::pair<std::string, Traffic>, LoggedExchanges> exchanges;
    std::vector<LoggedCall> calls;
    std::vector<std::string> texts;
    std::map<std::string, std::int64_t> reads;  ///< of values, by line
    std::int64_t peak = 0;                      ///< bytes of arrays
    std::string peak_site;
    std::int64_t work = 0;            ///< bytes that steps read and write
    double operations = 0;            ///< of products of matrices
    std::int64_t waited = 0;          ///< nanoseconds, for what roots tell
    std::vector<std::int64_t> turns;  ///< when each call began, less what was waited for until then
};

/// What a played locality sends and gets by one start of the communicator.
struct Started {
    Traffic kind;
    std::int64_t exchanges = 1;
    Sent received{};
    std::int64_t largest = 0;
    std::vector<std::pair<int, std::int64_t>> to{}, from{};  ///< where it is not the same for all
};

/// From now on what is counted and started is written down.
void begin_log();
void end_log();

void log_started(const Started& started);
/// What all localities call here: as the hash of all that they agree on, of that which does not follow from values, and
/// as text.
void log_call(std::uint64_t call, std::uint64_t name, const std::string& text);
void log_values_decide();
/// How often one was read there before.
std::int64_t log_value_read();
void log_work(std::int64_t bytes, double operations);
/// Time since `begun` was spent waiting for what other localities tell.
void log_waited(std::int64_t begun);

/// What was written down since `begin_log`.
Log logged();

/// The line of the program that the calling thread is at, the last one known where it is in none.
std::string present_site();

}  // namespace hpxpy::comm
