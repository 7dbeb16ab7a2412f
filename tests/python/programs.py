"""Random programs of NumPy's calls on arrays of every map, compared with NumPy.

A seed draws a program, the same on each locality; `make programs` runs 10,000 on 3 localities, and
test_programs.py and test_disagreement.py some. A program that fails is cut down to what is needed
and printed as runnable code. Alone, by seed: `hpxpy run -n 3 tests/python/programs.py --seed 17`.
With `--divergent` one locality runs another program than the others, and all are to be told.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import collections
import contextlib
import itertools
import random
import re
import sys
import time
import warnings
from typing import NamedTuple

import hpxpy as hpx
import numpy as np
from helpers import difference
from program_draw import (
    ERRORS,
    ME,
    Draw,
    N,
    Numpys,
    Ours,
    execute,
    space,
)
from program_lines import Line

#: Refusals that docs/differences.md tells, by words of the error.
REFUSALS = {
    "lie in memory at no even distance": "steps that cut blocks of 'block_cyclic'",
}


def script(program):
    """The program as a file that runs by itself, on hpxpy."""
    lines = [
        "# PYTHONPATH=tests/python hpxpy run -n " + f"{N} this.py",
        "from program_draw import Ours, space",
        "globals().update(space(Ours))",
    ]
    for line in program.lines:
        if line.wrong:
            lines += [
                "try:",
                f"    {line.source}",
                "except Exception as error:",
                "    print(error)",
            ]
        else:
            lines.append(line.source)
    return "\n".join(lines)


def problem_of(name, got, expected, known, whole):
    """What is wrong with a result, '' if nothing; without a message unless `whole`."""
    if not isinstance(got, hpx.ndarray):
        expected = np.asarray(expected)
        got = np.asarray(got)
    elif got.distribution is None or whole:
        got = got.to_numpy()
    else:
        return block_problem(got, np.asarray(expected), known)
    return nearly(got, np.asarray(expected), known)


def block_problem(x, expected, known):
    """Of a distributed array: the block here against the elements that its map puts here."""
    if x.shape != expected.shape or x.dtype != expected.dtype:
        return f"{x.dtype} {x.shape}, expected {expected.dtype} {expected.shape}"
    flat = np.arange(expected.size).reshape(expected.shape)
    mine = hpx.asarray(flat, distribution=x.distribution).local_partition.to_numpy()
    return nearly(x.local_partition.to_numpy(), expected.ravel()[mine], known)


def nearly(got, expected, known):
    if known.exact:
        # Which zero is the smaller, and the sign of a sum of none, are left open.
        if expected.dtype.kind in "fc":
            got, expected = got + 0, expected + 0
        return difference(got, expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return difference(got, expected)
    bound = known.near * known.scale
    with np.errstate(all="ignore"):
        if np.isclose(got, expected, rtol=known.near, atol=bound, equal_nan=True).all():
            return ""
    return f"{got!r}, expected {expected!r} within {bound:.1e}"


class Outcome(NamedTuple):
    """What a program came to: a problem, or a refusal, and of how many lines."""

    problem: str = ""
    refused: str = ""
    ran: int = 0


def refusal(error):
    """Which documented refusal an error is, '' if none."""
    return next((what for words, what in REFUSALS.items() if words in str(error)), "")


def together_told(text):
    """The texts of all localities; a disagreement before is told first and passed over."""
    for _ in range(3):
        with contextlib.suppress(hpx.CommunicationError):
            return hpx.all_gather_object(text)
    return hpx.all_gather_object(text)


def compare(program):
    """Runs a program with hpxpy and with NumPy; the same outcome on every locality."""
    ours, numpys = space(Ours), space(Numpys)
    problem, refused, ran = "", "", 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, line in enumerate(program.lines):
            try:
                execute(program.lines, number, ours, program.seed)
                problem = "it does not raise" if line.wrong else ""
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                if line.wrong:
                    problem = "" if isinstance(error, ERRORS) and str(error) else said
                else:
                    refused = refusal(error)
                    problem = "" if refused else said
            if problem or refused:
                problem = problem and f"line {number}: {line.source}: {problem}"
                break
            ran += 1
            with contextlib.suppress(ERRORS):
                execute(program.lines, number, numpys, program.seed)
        if not problem:
            names = [name for name in program.known if name in ours]
            whole = names[program.seed % len(names)] if names else None
            try:
                for name in names:
                    text = problem_of(
                        name, ours[name], numpys[name], program.known[name], name == whole
                    )
                    if text and not problem:
                        problem = f"{name}: {text}"
            except Exception as error:
                problem = f"{name}: {type(error).__name__}: {error}"
    texts = together_told((problem, refused))
    problems = {text for text, _ in texts}
    if problems != {""}:
        problem = "; ".join(f"locality {i}: {text}" for i, (text, _) in enumerate(texts) if text)
    elif len(set(texts)) > 1:
        problem = f"not refused alike: {texts}"
    return Outcome(problem, refused, ran)


def shortest(program, fails):
    """Without the lines that are not needed for it to fail."""
    number = len(program.lines) - 1
    while number >= 0:
        fewer = program.without(number)
        if number < len(program.lines) and runs(fewer) and fails(fewer):
            program = fewer
        number -= 1
    return program


def runs(program):
    """Whether NumPy does what each line says."""
    names = space(Numpys)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, line in enumerate(program.lines):
            try:
                execute(program.lines, number, names, program.seed)
                if line.wrong:
                    return False
            except NameError:
                return False
            except ERRORS:
                if not line.wrong:
                    return False
    return True


# Calls that communicate, on a vector `x` and a matrix `y`, no two of them by the same exchanges;
# what differs in arithmetic alone, only HPXPY_DEBUG=1 tells.
ASKED = [
    *("float(x.sum())", "float(x.max())", "x[3].item()", "x[4].item()", "m.cumsum(x)"),
    *("m.cumprod(x)", "m.redistribute(x, None)", "m.redistribute(x[1:], None)"),
    *("m.redistribute(x[:-1], None)", "m.redistribute(x.astype('float32'), None)"),
    *("m.sort(x)", "m.argsort(x)", "m.median(x)", "m.unique(x)", "m.fft.fft(x)"),
    *("m.broadcast(m.ones(3), 0)", "m.broadcast(m.ones(3), 1)", "m.gather(x, 0)", "m.gather(x, 1)"),
    *("m.all_reduce(m.ones(3))", "m.all_reduce(m.ones(4))", "m.all_reduce(m.ones(3), 'max')"),
    *("m.all_gather_object('a')", "m.broadcast_object('a')", "m.barrier()", "m.roll(x, 3)"),
    *("m.concat((x, x))", "m.pad(x, (5, 0))", "m.histogram(x, bins=3)", "m.sum(y, axis=0)"),
    *("m.max(y, axis=0)", "m.redistribute(y, 'cyclic')", "m.redistribute(y, None)"),
    *("y.T + y", "y @ y", "m.linalg.inv(y)", "m.linalg.qr(y)", "y[[2, 0]] = y[[0, 2]]"),
    *("x[5:] = x[:-5]", "x[x > 3].sum()", "m.searchsorted(x, [2.0, 3.0])"),
    *("put_alone(x, (2,), 7.0)", "together(lambda: (x.sum(), y.max()))"),
]
DIVERGENCES = ("another call", "a call less", "a call more", "another order", "an early return")


def divergent(seed):
    """Lines, those that one locality runs instead, which one, and how they differ."""
    program = drawn(seed, 6)
    dice = random.Random(seed)
    # Of a length that no number of localities divides, so that no call finds all where it belongs.
    length, kind = dice.choice([19, 23, 29, 31, 37]), dice.choice(["block", "cyclic"])
    start = [
        f"x = placed(values(({length},), 'float64', {seed}), distribution={kind!r})",
        f"y = placed(values((6, 6), 'float64', {seed}) + 20 * np.eye(6), distribution='block')",
    ]
    common = [line.source for line in program.lines if not line.wrong]
    places = sorted(dice.sample(range(len(common) + 5), 5))
    asked = dice.sample(ASKED, 6)
    for place, call in zip(places, asked, strict=False):
        common.insert(place, call)
    how, who = dice.choice(DIVERGENCES), dice.randrange(N)
    other, turn = list(common), dice.randrange(5)
    at = common.index(asked[turn])
    if how == "another call":
        other[at] = asked[5]
    elif how == "a call less":
        del other[at]
    elif how == "a call more":
        other.insert(at, asked[5])
    elif how == "an early return":
        other = other[:at]
    else:
        a, b = common.index(asked[turn]), common.index(asked[(turn + 1) % 5])
        other[a], other[b] = other[b], other[a]
    return [Line(s) for s in start + common], [Line(s) for s in start + other], who, how


def told(lines, seed):
    """What a locality is told, at the end of its lines at the latest, "" if nothing."""
    names = space(Ours)
    try:
        try:
            for number in range(len(lines)):
                execute(lines, number, names, seed)
        except ERRORS:
            # As a program that ends with an error of its own.
            pass
        hpx.barrier("the end of a program")
    except hpx.CommunicationError as error:
        return str(error)
    return ""


def check_divergent(seed, tally=None):
    """What is wrong with how localities that differ are told, or with what comes after, or ''."""
    common, other, who, how = divergent(seed)
    mine = other if who == ME else common
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = told(mine, seed)
    texts = together_told(text)
    problem = "" if texts[0] and len(set(texts)) == 1 else f"told: {texts}"
    # The same program without a difference goes on.
    program = drawn(seed, 6)
    outcome = compare(program)
    problem = problem or (outcome.problem and f"afterwards: {outcome.problem}")
    if tally:
        tally.programs += 1
        tally.lines += len(mine)
        tally.calls[how] += 1
        if problem:
            tally.failed.append(seed)
    if not problem:
        return ""
    shown = "\n".join(
        f"{a.source if a else '-':70} | {b.source if b else '-'}"
        for a, b in itertools.zip_longest(common, other)
    )
    return f"seed {seed}: {how} of locality {who}: {problem}\n{shown}\n"


def drawn(seed, length=12):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Draw(seed).program(length)


def functions_of(source):
    """The functions, methods and operators of a line."""
    found = re.findall(
        r"\bm\.([\w.]+)\(|\b(moved|held|balanced|gathered|put_alone|together)\(", source
    )
    names = [a or b for a, b in found]
    names += ["." + name for name in re.findall(r"v\d+\.(\w+)\(", source)]
    names += re.findall(r" (@|\+=|-=|\*=|[-+*/&|^<>]|==|>=|//|%) ", source)
    names += ["x[key] = "] * bool(re.match(r"v\d+\[.*\] [-+*]?= ", source))
    return names + ["x[key]"] * bool(re.search(r"= v\d+\[", source))


class Tally:
    """Counts of what ran, and its report."""

    def __init__(self):
        self.calls, self.refused = collections.Counter(), collections.Counter()
        self.programs = self.lines = self.raised = 0
        self.failed = []

    def add(self, program, outcome):
        self.programs += 1
        self.lines += outcome.ran
        for line in program.lines[: outcome.ran]:
            self.calls.update(functions_of(line.source))
            self.raised += line.wrong
        if outcome.refused:
            self.refused[outcome.refused] += 1

    def __str__(self):
        told = ", ".join(f"{name} {count}" for name, count in self.calls.most_common())
        wrong = f"{len(self.failed)} wrong"
        lines = [
            f"{self.programs} programs of {self.lines} lines on {N} localities, {wrong}",
            f"{sum(self.calls.values())} calls of {len(self.calls)} functions: {told}",
            f"{self.raised} lines raised as in NumPy; refused: {dict(self.refused) or 'none'}",
        ]
        return "\n".join(lines)


def check(seed, tally=None):
    """Runs the program of a seed; what it came to, shortened and as code, or ''."""
    program = drawn(seed)
    outcome = compare(program)
    if tally:
        tally.add(program, outcome)
    if not outcome.problem:
        return ""
    if tally:
        tally.failed.append(seed)
    short = shortest(program, lambda fewer: bool(compare(fewer).problem))
    problem = compare(short).problem or outcome.problem
    return f"seed {seed}: {problem}\n\n{script(short)}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="this one alone, shown before it runs")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, help="10,000 unless given, of divergent ones 2,000")
    parser.add_argument("--divergent", action="store_true", help="one locality differs")
    parser.add_argument("--trace", action="store_true", help="each seed before it runs")
    options = parser.parse_args()
    count = options.count or (2_000 if options.divergent else 10_000)
    seeds = range(options.first, options.first + count)
    if options.seed is not None:
        seeds = [options.seed]
        if ME == 0 and not options.divergent:
            print(script(drawn(options.seed)), flush=True)
    run = check_divergent if options.divergent else check
    tally, began = Tally(), time.monotonic()
    for turn, seed in enumerate(seeds):
        if ME == 0 and options.trace:
            print(f"seed {seed}", flush=True)
        text = run(seed, tally)
        if ME == 0 and text:
            print(text, flush=True)
        if ME == 0 and turn % 500 == 499:
            print(f"{turn + 1} programs, {time.monotonic() - began:.0f} s", flush=True)
    if ME == 0:
        print(tally, flush=True)
        if tally.failed:
            flag = " --divergent" * options.divergent
            print(f"again, alone: hpxpy run -n {N} {__file__}{flag} --seed {tally.failed[0]}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
