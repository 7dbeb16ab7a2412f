// One locality played alone: what an engine tells that has nobody to talk to. What would arrive is made up here, so who
// reads values must not take them for those of a real run.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace hpxpy::comm {

class Play {
public:
    /// Of counts that depend on the values of other localities: those of this locality, an even share, or less and less
    /// from locality 0 on.
    enum class Counts : std::uint8_t { own, uniform, skewed };

    virtual ~Play() = default;
    virtual Counts counts() const = 0;
    /// False: shapes and exchanges alone are wanted.
    virtual bool computes() const = 0;
    /// What follows in the program depends on values, also of localities that are not played.
    virtual void values_decide() = 0;
    /// What roots tell is made up, too, from now on or no longer: where each locality tells something in turn, nobody can
    /// wait for all of them. Others give an array of the shape that comes.
    virtual void make_up(bool tellings) = 0;
    virtual bool makes_up() const = 0;
    /// A value that others have a part in, or that was never computed, is read at the present line of the program. All
    /// localities are to go on alike: it becomes what locality 0 reads there, if that one is played, too.
    virtual void value_read(void* bytes, std::int64_t size) = 0;
    /// That line, "script.py:12".
    virtual std::string site() const = 0;
    /// What is to stand for an element that is read there.
    virtual std::optional<double> assumed() const = 0;
    /// Bytes that a step reads and writes, or operations of a product of matrices.
    virtual void work_done(std::int64_t bytes, double operations) = 0;

    /// Elements were sorted, or transformed, along lines of so many, in memory of so many bytes: taken for a pass that
    /// reads and writes all of it for every third level of halving, as is measured of both.
    void halved(std::int64_t bytes, std::int64_t line) {
        if (line < 2) return;
        double passes = std::max(1.0, std::log2(static_cast<double>(line)) / 3);
        work_done(static_cast<std::int64_t>(2 * passes * static_cast<double>(bytes)), 0);
    }
};

}  // namespace hpxpy::comm
