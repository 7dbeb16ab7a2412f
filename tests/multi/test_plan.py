"""`hpxpy plan`: what it says of a program is what `hpx.counters` of a real run say."""

# SPDX-License-Identifier: BSL-1.0
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from hpxpy._plan.cost import waiting_of

HERE = Path(__file__).parent
PROGRAM = HERE / "plan_program.py"
EXAMPLES = HERE.parents[1] / "docs" / "examples"
PLAN = [sys.executable, "-m", "hpxpy", "plan"]


@pytest.fixture
def plan(started, tmp_path):
    """Runs `hpxpy plan` with these words; `code` is the program."""

    def plan(*words, code=None, limit=60):
        if code is not None:
            script = tmp_path / "script.py"
            script.write_text(code)
            words = [*words, script]
        return started([*PLAN, *words]).end(limit)

    return plan


def played(result):
    """The localities of the last plan of a result in JSON."""
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)["plans"][-1]["played"]


def sent_by_kind(rows):
    found = {}
    for row in rows:
        sums = found.setdefault(row["kind"], [0, 0])
        sums[0] += row["messages_out"]
        sums[1] += row["bytes_out"]
    return found


def compare(command, plan, n, words, scatters=False):
    real = {}
    result = command("-n", n, PROGRAM, *words, limit=60)
    assert result.code == 0, result.stderr
    for line in result.stdout.splitlines():
        locality, sent, peak = json.loads(line)
        real[locality] = sent, peak
    assert sorted(real) == list(range(n))
    for each in played(plan("-n", n, "--all", "--json", PROGRAM, *words)):
        sent, peak = real[each["locality"]]
        planned = sent_by_kind(each["rows"])
        assert {kind: planned.get(kind, [0, 0]) for kind in sent} == sent
        # Of a real run, what is sent may be held a little longer.
        assert each["peak"] <= 1.05 * peak
        if not scatters:
            assert each["peak"] >= 0.95 * peak


@pytest.mark.timeout(120)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_bytes_and_messages_are_those_of_a_real_run(command, plan, n):
    if os.environ.get("HPXPY_ENGINE") == "hpx" and n > 4:
        pytest.skip("so many localities of HPX on one host take minutes")
    compare(command, plan, n, [])


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "words",
    [
        ["heat.py", "--points", "51", "--figure", os.devnull],
        ["flights.py", "--rows", "9000", "--figure", os.devnull],
        ["options.py", "--figure", os.devnull],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("n", [2, 3])
def test_examples_send_what_was_planned(command, plan, n, words):
    pytest.importorskip("pandas", reason="the extra [examples] is not installed")
    scatters = words[0] == "flights.py"
    compare(command, plan, n, [EXAMPLES / words[0], *words[1:]], scatters)


@pytest.mark.timeout(120)
def test_without_values_the_plan_is_the_same(plan):
    words = ["-n", 5, "--all", "--json"]
    with_values = played(plan(*words, PROGRAM, "--no-values"))
    without = played(plan(*words, "--no-compute", PROGRAM, "--no-values"))
    assert [each["rows"] for each in with_values] == [each["rows"] for each in without]
    assert [each["peak"] for each in with_values] == [each["peak"] for each in without]


LARGE = """
import hpxpy as hpx
n = 10**12
x = hpx.linspace(0, 1, n, distribution="block")
m = (hpx.exp(-x * x) * x).mean()
c = hpx.cumulative_sum(x)
u = hpx.ones((10**6, 10**6), distribution=("block", "block"))
for _ in range(3):
    u[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
hpx.eval(u @ u)
hpx.eval(hpx.redistribute(x, "cyclic"))
while float(m) > 1:
    pass
"""


def test_terabytes_are_planned_without_memory(plan):
    words = ["-n", 4096, "--no-compute", "--grid", "64x64", "--json"]
    result = plan(*words, "--assume", "script.py:12=0.5", code=LARGE)
    halos = [
        row for each in played(result) for row in each["rows"]
        if (row["site"], row["kind"]) == ("script.py:9", "halo")
    ]  # fmt: skip
    # An edge of a block of 15,625 rows and columns of float64, to two to four neighbours, 3 times.
    inner = max(halos, key=lambda row: row["bytes_out"])
    assert inner["largest"] == 125_000
    assert len(inner["peers"]) == 4
    assert inner["bytes_out"] == pytest.approx(3 * 4 * 125_000, rel=1e-3)
    assert played(result)[0]["peak"] > 5e9


def test_a_value_that_was_not_computed_is_asked_for(plan):
    result = plan("-n", 4096, "--no-compute", code=LARGE)
    assert result.code == 1
    assert "script.py:12 reads elements of an array of float64 ()" in result.stderr
    assert "--assume script.py:12=VALUE" in result.stderr


def test_few_elements_need_not_be_computed(plan):
    code = """
import hpxpy as hpx
x = hpx.redistribute(hpx.ones(1000, distribution="block"), None)[:10]
for _ in range(2):
    x += 1
x[2:] *= x[:-2]
x[:3] = x[3:6]
hpx.eval(x + x.max())
"""
    assert plan("-n", 4, "--no-compute", code=code).code == 0


def test_the_table_tells_line_exchange_and_peer(plan):
    code = """
import hpxpy as hpx
x = hpx.linspace(0, 1, 1000, distribution="block")
hpx.eval(x[1:] - x[:-1])
print("never shown")
if x.sum() > 0:
    pass
"""
    result = plan("-n", 64, "--locality", 5, code=code)
    assert result.code == 0, result.stderr
    halo = next(line for line in result.stdout.splitlines() if " halo " in line)
    assert " ".join(halo.split()) == "script.py:4 halo 5 1 1 8 B 8 B 8 B 2 alike"
    assert "read, and may have steered the program, at script.py:6" in result.stdout
    assert "never shown" not in result.stdout
    assert "Predicted time: " in result.stdout


def test_what_depends_on_values_is_marked(plan):
    code = """
import hpxpy as hpx
x = hpx.arange(1000, distribution="block")
y = x[x % 3 == 0]
hpx.eval(y[1:] - y[:-1])
hpx.eval(hpx.take(x, hpx.asarray([5, 900, 17], distribution="block")))
hpx.eval(x[1:] + x[:-1])
"""
    for counts in ("own", "uniform", "skewed"):
        result = plan("-n", 4, "--json", "--counts", counts, code=code)
        depends = {
            row["kind"]: row["depends"]
            for each in played(result)
            for row in each["rows"]
            if row["site"] in ("script.py:5", "script.py:6")
        }
        assert depends["halo"] and depends["route"] and not depends["agreement"]
    assert "~" in plan("-n", 4, code=code).stdout


@pytest.mark.parametrize(
    "call, blocks",
    [
        ("fft.fft(x)", 16),
        ("fft.rfft(x)", 16),
        ("fft.fft2(square)", 12),
        ("sort(x)", 6),
        ("argsort(x)", 10),
        ("take(x, positions)", 8),
        ("matmul(square, square)", 12),
        ("roll(x, 1000)", 6),
        ("interp(x, x[::4], x[::4])", 12),
        ("unique_values(x)", 10),
    ],
)
def test_no_locality_holds_more_than_some_blocks(plan, call, blocks):
    # Whatever is computed whole, be it but a table of roots of unity, takes 64 blocks.
    code = f"""
import hpxpy as hpx
n = 1 << 20
x = hpx.arange(n, distribution="block") * 1.0
square = hpx.reshape(x, (1 << 10, 1 << 10))
positions = (hpx.arange(n, distribution="block") * 7919) % n
hpx.eval(hpx.{call})
"""
    found = played(plan("-n", 64, "--locality", 21, "--json", code=code))
    assert max(each["peak"] for each in found) <= blocks * 8 * (1 << 20) / 64


def test_localities_wait_for_the_slowest_at_each_call():
    slow_at_first = {"turns": [3.0, 4.0], "seconds": 5.0, "waited": 0.0}
    slow_at_last = {"turns": [1.0, 2.0], "seconds": 6.5, "waited": 1.5}
    # 3 + 1 + 3 seconds of work, where no locality works for more than 5.
    assert waiting_of([slow_at_first, slow_at_last]) == 2.0
    assert waiting_of([slow_at_first, slow_at_first]) == 0.0


def test_waiting_is_a_part_of_the_predicted_time(plan):
    code = """
import time
import hpxpy as hpx
x = hpx.ones(1000, distribution="block")
for i in range(10):
    time.sleep(0.05 if i % 2 == hpx.locality_id() else 0)
    float(x.sum())
"""
    (found,) = json.loads(plan("-n", 2, "--json", code=code).stdout)["plans"]
    parts = ("work_seconds", "waiting_seconds", "exchange_seconds")
    assert found["seconds"] == pytest.approx(sum(found[part] for part in parts))
    assert found["waiting_seconds"] > 0


def test_a_position_of_others_is_none_of_a_small_part(plan):
    code = """
import hpxpy as hpx
x = hpx.arange(3, distribution="block")
hpx.eval(hpx.take(x, hpx.arange(3, distribution="block")))
hpx.eval(hpx.take(x, hpx.asarray([2, 2, 2, 0, 1, 2])))
"""
    for counts in ("own", "uniform", "skewed"):
        assert played(plan("-n", 7, "--all", "--json", "--counts", counts, code=code))


def test_what_a_root_tells_is_known(plan):
    code = """
import hpxpy as hpx, numpy as np
me, root = hpx.locality_id(), hpx.num_localities() - 1
n = hpx.broadcast_object(12 if me == root else None, root=root)
a = hpx.broadcast(np.arange(3.0) + 7 if me == root else None, root=root)
x = hpx.scatter(np.arange(float(n)) if me == 0 else None, distribution="block")
assert n == 12 and x.shape == (12,) and float(a[2]) == 9
assert x.local_partition[0] == 4 * me
"""
    # Locality 1 is asked for; both roots are played, as it waits for them.
    result = plan("-n", 3, "--locality", 1, "--json", code=code)
    assert [each["locality"] for each in played(result)] == [0, 1, 2]
    assert not any(each["reads"] for each in played(result))


def test_all_localities_follow_what_the_first_one_reads(plan):
    code = """
import hpxpy as hpx
x = hpx.arange(8, distribution="block") + hpx.locality_id()
while float(x.sum()) < 50:
    x = x + 1
"""
    plans = played(plan("-n", 4, "--all", "--json", code=code))
    assert len({each["reads"]["script.py:4"] for each in plans}) == 1


def test_assumed_values_steer_the_program(plan):
    code = """
import hpxpy as hpx
x = hpx.zeros(8, distribution="block")
for step in range(30):
    x = x + 1
    if float(x.sum()) > 1e9:
        break
"""
    for words, steps in (([], 30), (["--assume", "script.py:6=2e9"], 1)):
        for each in played(plan("-n", 4, "--json", *words, code=code)):
            assert sent_by_kind(each["rows"])["all_reduce"][0] == 3 * steps


def test_several_sizes_make_a_table_of_scaling(plan, tmp_path):
    figure = tmp_path / "plan.png"
    code = "import hpxpy as hpx\nhpx.eval(hpx.ones(10**6, distribution='block').sum())\n"
    result = plan("-n", "1,2,...,16", "--figure", figure, code=code)
    assert result.code == 0, result.stderr
    rows = [line.split()[0] for line in result.stdout.splitlines() if line.strip()[:2].strip()]
    assert [word for word in rows if word.isdigit()][:5] == ["1", "2", "4", "8", "16"]
    assert figure.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    result = plan("-n", "3,6,...,12", "--json", code=code)
    assert [each["localities"] for each in json.loads(result.stdout)["plans"]] == [3, 6, 12]


def test_no_file_is_written(plan, tmp_path):
    out = tmp_path / "out.txt"
    code = f"""
import hpxpy as hpx, numpy as np, pathlib
hpx.num_localities()
with open({str(out)!r}, "w") as file:
    file.write("made up")
pathlib.Path({str(out)!r}).write_text("made up")
np.save({str(out)!r} + ".npy", np.ones(3))
print(open(__file__).read()[:3])
"""
    result = plan("-n", 2, code=code)
    assert result.code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_localities_that_do_not_agree_are_told(plan):
    code = """
import hpxpy as hpx
x = hpx.arange(8, distribution="block")
x.sum()
hpx.barrier("a") if hpx.locality_id() < 2 else x.max()
"""
    result = plan("-n", 4, "--all", code=code)
    assert result.code == 1
    assert "localities do not agree at exchange 2: locality 0 calls barrier" in result.stderr
    assert "locality 2 calls max" in result.stderr
    assert "script.py:5" in result.stderr


def test_memory_that_is_not_there_is_told(plan):
    code = "import hpxpy as hpx\nx = hpx.eval(hpx.ones(10**6, distribution='block') + 1)\n"
    result = plan("-n", 2, "--memory", "1MB", code=code)
    assert result.code == 1
    assert "locality 0 of 2 needs 4.0 MB at script.py:2, more than 1.0 MB" in result.stderr
    assert plan("-n", 2, "--memory", "1GB", code=code).code == 0


def test_a_program_that_fails_is_shown(plan):
    result = plan("-n", 3, code="import hpxpy as hpx\nhpx.num_localities()\nraise KeyError(5)\n")
    assert result.code == 1
    assert "locality 0 of 3 ended with exit code 1" in result.stderr
    assert "KeyError: 5" in result.stderr
    result = plan("-n", 3, code="import sys\nsys.exit(0)\n")
    assert (result.code, result.stdout) == (1, "")
    assert "without a call of hpxpy" in result.stderr


def test_a_loop_for_ever_ends_with_its_place(plan):
    code = """
import hpxpy as hpx
x = hpx.zeros(8, distribution="block")
while float(x.sum()) < 1:
    x = x + 0
"""
    result = plan("-n", 4, "--timeout", 2, code=code)
    assert result.code == 124
    assert "took longer than it may (--timeout), at script.py:" in result.stderr


def test_groups_are_refused(plan):
    result = plan("-n", 4, code="import hpxpy as hpx\nhpx.world.split(0)\n")
    assert result.code == 1
    assert "plan the program without groups" in result.stderr


FACTORISE = """
import hpxpy as hpx
x = hpx.eye(700, distribution='block')
hpx.linalg.{call}
"""


def test_a_factorisation_is_played_by_one_of_many(plan):
    """Nobody waits for the panels that all the others would tell in turn."""
    words = ["-n", 100, "--locality", 7, "--json"]
    rows = played(plan(*words, code=FACTORISE.format(call="solve(x, x)")))[0]["rows"]
    # Panels 7 and 107 of 4 columns: what is below their first row, swaps and a flag; then U.
    panels = [(700 - 4 * j) * 4 + 4 + 1 + (4 * j + 4) * 4 for j in (7, 107)]
    assert sent_by_kind(rows)["broadcast"] == [99 * 4, 99 * 8 * sum(panels)]
    rows = played(plan(*words, code=FACTORISE.format(call="qr(x)")))[0]["rows"]
    gathers = [row["exchanges"] for row in rows if row["kind"] == "all_gather"]
    assert sum(gathers) == 11


def test_functions_of_others_run_here(plan):
    code = """
import hpxpy as hpx
n = hpx.num_localities()
assert hpx.async_(pow, 2, 5, locality=n - 1).get() == 32
assert hpx.counters.get("/hpxpy/messages/function") > 0 or hpx.locality_id() == n - 1
"""
    assert played(plan("-n", 3, "--all", "--json", code=code))


def test_an_end_from_outside_leaves_nothing(started, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import hpxpy as hpx, time\nhpx.num_localities()\ntime.sleep(60)\n")
    program = started([*PLAN, "-n", 4, script], {"TMPDIR": str(tmp_path)})
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("hpxpy-plan-*/offer-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    program.process.send_signal(signal.SIGTERM)
    assert program.end().code == 143
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-n", "0", PROGRAM], "'0' is not a whole number from 1 on"),
        (["-n", "-3", PROGRAM], "'-3' is not a whole number from 1 on"),
        (["-n", "2,x", PROGRAM], "'x' is not a whole number from 1 on"),
        (["-n", "1,3,...,16", PROGRAM], "these steps miss 16"),
        (["-n", "1,...,16", PROGRAM], "two growing numbers"),
        ([PROGRAM], "required: -n"),
        (["-n", "4"], "no program given"),
        (["-n", "4", "nowhere.py"], "nowhere.py: there is no such file"),
        (["-n", "4", "--locality", "4", PROGRAM], "--locality 4: of 4 localities give 0 to 3"),
        (["-n", "4", "--locality", "-1", PROGRAM], "not a whole number from 0 on"),
        (["-n", "4", "--sample", "0", PROGRAM], "not a whole number from 1 on"),
        (["-n", "4", "--sample", "2", "--all", PROGRAM], "not allowed with"),
        (["-n", "4", "--grid", "3x2", PROGRAM], "--grid 3x2: it has 6 places for 4 localities"),
        (["-n", "4", "--grid", "4", PROGRAM], "'4' is no grid"),
        (["-n", "4", "--memory", "many", PROGRAM], "'many' is no size"),
        (["-n", "4", "--counts", "some", PROGRAM], "invalid choice"),
        (["-n", "4", "--assume", "a.py=2", PROGRAM], "tells no value"),
        (["-n", "4", "--assume", "a.py:1=x", PROGRAM], "'x' is no number"),
        (["-n", "4", "--timeout", "0", PROGRAM], "not a number above 0"),
        (["-n", "4", "--network", "nowhere.json", PROGRAM], "nowhere.json"),
        (["-n", "4", "--figure", "/nowhere/x.png", PROGRAM], "there is no folder /nowhere"),
    ],
)
def test_options_that_cannot_be(plan, words, text):
    result = plan(*words)
    assert (result.code, result.stdout) == (2, "")
    assert text in result.stderr


def test_the_network_is_measured_under_a_launcher(command, plan, tmp_path):
    result = command("-n", 2, "-m", "hpxpy", "bench", "network", "--json")
    assert result.code == 0, result.stderr
    found = json.loads(result.stdout)
    assert 0 < found["alpha"] < 1 and 0 < found["beta"] < 1e-6
    file = tmp_path / "network.json"
    file.write_text(result.stdout)
    planned = json.loads(plan("-n", 2, "--json", "--network", file, PROGRAM).stdout)
    assert planned["network"] == {
        "alpha": found["alpha"],
        "beta": found["beta"],
        "origin": "measured",
    }
    alone = command("-n", 1, "-m", "hpxpy", "bench", "network")
    assert alone.code == 2
    assert "start it on several" in alone.stderr


def test_arrays_are_saved_nowhere(plan, tmp_path):
    code = f"""
import hpxpy as hpx
hpx.save({str(tmp_path / "dealt.npy")!r}, hpx.arange(4000.0, distribution="cyclic"))
hpx.save({str(tmp_path / "local.npy")!r}, hpx.arange(4.0))
"""
    rows = played(plan("-n", 4, "--json", code=code))[0]["rows"]
    assert {"redistribute", "all_gather"} <= {row["kind"] for row in rows}
    assert not list(tmp_path.glob("*.npy"))
