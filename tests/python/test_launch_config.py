"""hpxpy.launcher without launching: configurations, HPX's options, free ports."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import dataclasses
import inspect
import socket

import hpxpy as hpx
import pytest
from hpxpy.launcher import (
    LaunchConfig,
    LocalityConfig,
    find_free_port,
    get_expected_num_localities,
    is_multi_locality_mode,
    launch_localities,
    parse_hpx_args,
    spmd_main,
)
from hypothesis import given
from hypothesis import strategies as st
from test_docs import check_docstring

WORKER = LocalityConfig(2, 4, "node2", 7912, "node0", 7910, 8)


@pytest.mark.parametrize("name", hpx.launcher.__all__)
def test_docstrings(name):
    check_docstring(name, getattr(hpx.launcher, name).__doc__)


def test_docstrings_of_methods():
    for kind in (LocalityConfig, LaunchConfig):
        for name, member in inspect.getmembers(kind):
            if not name.startswith("_") and (
                inspect.isfunction(member) or inspect.ismethod(member)
            ):
                check_docstring(name, member.__doc__)


def test_hpx_args():
    assert WORKER.to_hpx_args() == [
        "--hpx:localities=4",
        "--hpx:agas=node0:7910",
        "--hpx:hpx=node2:7912",
        "--hpx:threads=8",
        "--hpx:worker",
        "--hpx:ini=hpx.locality!=2",
    ]
    assert LocalityConfig(0, 2, "10.0.0.1", 7910, "10.0.0.1", 7910).to_hpx_args() == [
        "--hpx:localities=2",
        "--hpx:agas=10.0.0.1:7910",
        "--hpx:hpx=10.0.0.1:7910",
        "--hpx:ini=hpx.locality!=0",
    ]


def test_environment():
    variables = WORKER.environment()
    assert variables == {
        "HPXPY_MULTI_LOCALITY": "1",
        "HPXPY_NUM_LOCALITIES": "4",
        "HPXPY_LOCALITY_ID": "2",
        "HPXPY_ENGINE": "hpx",
        "HPXPY_AGAS": "node0:7910",
        "HPXPY_HPX": "node2:7912",
        "HPXPY_NUM_THREADS": "8",
    }
    assert LocalityConfig.from_environment(variables) == WORKER
    without = dataclasses.replace(WORKER, num_threads=None)
    assert "HPXPY_NUM_THREADS" not in without.environment()
    assert LocalityConfig.from_environment(without.environment()) == without
    assert LocalityConfig.from_environment({}) == LocalityConfig(0, 1)


def test_from_environment_reads_this_process(monkeypatch):
    for name, value in WORKER.environment().items():
        monkeypatch.setenv(name, value)
    assert LocalityConfig.from_environment() == WORKER


configs = st.integers(1, 1000).flatmap(
    lambda size: st.builds(
        LocalityConfig,
        st.integers(0, size - 1),
        st.just(size),
        st.sampled_from(["here", "10.1.2.3", "node-7.cluster_1"]),
        st.integers(1, 65535),
        st.sampled_from(["there", "10.1.2.4"]),
        st.integers(1, 65535),
        st.none() | st.integers(1, 65536),
    )
)


@given(configs, st.lists(st.sampled_from(["-x", "file", "--hpx:print-bind", "--n=3"])))
def test_parse_reads_what_was_written(config, others):
    arguments = config.to_hpx_args()
    for i, other in enumerate(others):
        arguments.insert(2 * i, other)
    assert LocalityConfig.from_hpx_args(arguments) == (config, others)
    assert LocalityConfig.from_environment(config.environment()) == config


@pytest.mark.parametrize(
    ("words", "config", "rest"),
    [
        ([], None, []),
        (["a", "-b", "--hpx:print-bind"], None, ["a", "-b", "--hpx:print-bind"]),
        (["--hpx:ini=hpx.stacks.small_size=1"], None, ["--hpx:ini=hpx.stacks.small_size=1"]),
        (["--hpx:threads=all", "x"], None, ["--hpx:threads=all", "x"]),
        (["--hpx:threads=3"], LocalityConfig(0, 1, num_threads=3), []),
        (["--hpx:threads", "3", "x"], LocalityConfig(0, 1, num_threads=3), ["x"]),
        (["--", "--hpx:threads=3"], None, ["--", "--hpx:threads=3"]),
        (
            ["--hpx:localities=2", "--hpx:worker", "--hpx:hpx=b:1", "--hpx:agas=a:2"],
            LocalityConfig(1, 2, "b", 1, "a", 2),
            [],
        ),
        (
            ["--hpx:localities=3", "--hpx:node=2", "--hpx:hpx=b:1"],
            LocalityConfig(2, 3, "b", 1),
            [],
        ),
        (
            ["--hpx:localities=2", "--hpx:agas=a:5"],
            LocalityConfig(0, 2, "a", 5, "a", 5),
            [],
        ),
    ],
)
def test_parse(words, config, rest):
    assert LocalityConfig.from_hpx_args(words) == (config, rest)


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ([], [], []),
        (["--input", "data.csv"], ["--input", "data.csv"], []),
        (["--input", "--", "--hpx:threads=3"], ["--input"], ["--hpx:threads=3"]),
        (("--", "a", "--", "b"), [], ["a", "--", "b"]),
        (["a", "--"], ["a"], []),
    ],
)
def test_words_before_and_after_two_hyphens(words, before, after, monkeypatch):
    assert parse_hpx_args(words) == (before, after)
    monkeypatch.setattr("sys.argv", ["program", *words])
    assert parse_hpx_args() == (before, after)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hpx:localities=two"], "'--hpx:localities=two' is not a whole number from 1 on"),
        (["--hpx:localities=0"], "'--hpx:localities=0' is not a whole number from 1 on"),
        (["--hpx:localities=all"], "'--hpx:localities=all' is not a whole number from 1 on"),
        (["--hpx:threads=-2"], "'--hpx:threads=-2' is not a whole number"),
        (["--hpx:threads", "x"], "'--hpx:threads x' is not a whole number"),
        (["--hpx:threads"], "'--hpx:threads' lacks its value"),
        (["--hpx:agas=node"], "'--hpx:agas=node' is not an address host:port"),
        (["--hpx:agas=:7910"], "'--hpx:agas=:7910' is not an address host:port"),
        (["--hpx:hpx=a:b"], "the port in '--hpx:hpx=a:b' is not a whole number from 1 to 65535"),
        (["--hpx:hpx=a:65536"], "is not a whole number from 1 to 65535"),
        (["--hpx:ini=hpx.locality!=x"], "the number in '--hpx:ini=hpx.locality!=x'"),
        (["--hpx:localities=2", "--hpx:localities=3"], "contradicts 2 given before"),
        (["--hpx:localities=3", "--hpx:worker"], "does not tell which of 3 localities"),
        (["--hpx:localities=2", "--hpx:worker", "--hpx:node=0"], "locality 0 is no worker"),
        (["--hpx:localities=2", "--hpx:ini=hpx.locality!=1"], "lacks '--hpx:worker'"),
        (["--hpx:node=1", "--hpx:ini=hpx.locality!=2"], "--hpx:node=1 contradicts"),
        (["--hpx:localities=2", "--hpx:node=2", "--hpx:hpx=b:1"], "locality_id=2 does not exist"),
        (["--hpx:localities=2", "--hpx:worker"], "locality 1 cannot listen at 127.0.0.1:7910"),
    ],
)
def test_parse_refuses(words, message):
    with pytest.raises(ValueError) as error:
        LocalityConfig.from_hpx_args(words)
    assert str(error.value).startswith("from_hpx_args: ")
    assert message in str(error.value)


@pytest.mark.parametrize("words", ["--hpx:threads=3", [3]])
def test_parse_takes_a_list_of_strings(words):
    for parse in (parse_hpx_args, LocalityConfig.from_hpx_args):
        with pytest.raises(TypeError, match=rf"{parse.__name__}: '?(--|3)"):
            parse(words)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_localities": 0}, "num_localities=0 is not a whole number from 1 on"),
        ({"locality_id": -1}, "locality_id=-1 is not a whole number from 0 on"),
        ({"locality_id": 2, "num_localities": 2}, "num_localities=2 have localities 0 to 1"),
        ({"port": 0}, "port=0 is not a whole number from 1 to 65535"),
        ({"agas_port": 65536}, "agas_port=65536 is not a whole number from 1 to 65535"),
        ({"host": ""}, "host='' is no name of a host"),
        ({"agas_host": "a b"}, "agas_host='a b' is no name of a host"),
        ({"host": "::1"}, "host='::1' is no name of a host or IPv4 address"),
        ({"num_threads": -1}, "num_threads=-1 is not a whole number from 0 to 65536"),
        ({"locality_id": 1, "num_localities": 2}, "locality 1 cannot listen at 127.0.0.1:7910"),
    ],
)
def test_bad_locality_configs(fields, message):
    with pytest.raises(ValueError) as error:
        LocalityConfig(**fields)
    assert str(error.value).startswith("LocalityConfig: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "fields", [{"port": "7910"}, {"host": 5}, {"num_localities": 2.0}, {"locality_id": True}]
)
def test_locality_configs_of_wrong_types(fields):
    with pytest.raises(TypeError, match=f"LocalityConfig: {next(iter(fields))}="):
        LocalityConfig(**fields)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HPXPY_NUM_LOCALITIES", "x", "HPXPY_NUM_LOCALITIES='x' is not a whole number from 1 on"),
        ("HPXPY_LOCALITY_ID", "-1", "HPXPY_LOCALITY_ID='-1' is not a whole number from 0 on"),
        ("HPXPY_NUM_THREADS", "0", "HPXPY_NUM_THREADS='0' is not a whole number from 1 on"),
        ("HPXPY_AGAS", "7910", "HPXPY_AGAS='7910' is not an address host:port"),
        ("HPXPY_HPX", "a:0", "the port in HPXPY_HPX='a:0' is not a whole number from 1 to 65535"),
    ],
)
def test_bad_environments(variable, value, message):
    with pytest.raises(ValueError) as error:
        LocalityConfig.from_environment({variable: value})
    assert str(error.value) == f"from_environment: {message}"


@pytest.mark.parametrize(
    ("hosts", "n", "placement"),
    [
        ("a,b", None, {"a": 1, "b": 1}),
        ("a:2,b:3", None, {"a": 2, "b": 3}),
        ("a:2,b", None, {"a": 2, "b": 1}),
        (["a", "b:2"], None, {"a": 1, "b": 2}),
        (" a , b ", None, {"a": 1, "b": 1}),
        ("a,a,b", None, {"a": 2, "b": 1}),
        ("a:2,a:2", None, {"a": 4}),
        ("a,b", 5, {"a": 3, "b": 2}),
        ("a,b,c", 3, {"a": 1, "b": 1, "c": 1}),
        ("a,b,c", 2, {"a": 1, "b": 1}),
        ("a,a,b", 7, {"a": 5, "b": 2}),
        ("a:2,b:3", 3, {"a": 2, "b": 1}),
        ("a:2,b:3", 2, {"a": 2}),
        (None, 3, None),
    ],
)
def test_placement(hosts, n, placement):
    config = LaunchConfig(num_localities=n, hosts=hosts)
    assert config.placement() == placement
    assert config.size() == (n or sum(placement.values()))


def test_two_localities_without_anything_said():
    config = LaunchConfig()
    assert (config.num_localities, config.size(), config.placement()) == (2, 2, None)
    assert (config.base_port, config.host, config.threads_per_locality) == (7910, "localhost", 0)
    assert LaunchConfig(engine="local").size() == 1
    assert LaunchConfig(hosts="a:3,b").size() == 4
    assert len({config, LaunchConfig(), LaunchConfig(4)}) == 2


def test_localities_of_a_launch():
    config = LaunchConfig(num_localities=4, base_port=8000, host="node1", threads_per_locality=3)
    found = config.get_locality_config(2)
    assert found == LocalityConfig(2, 4, "node1", 8002, "node1", 8000, 3)
    assert config.get_locality_config(0).num_threads == 3
    assert LaunchConfig(3, threads=2).get_locality_config(1).num_threads == 2
    assert LaunchConfig().get_locality_config(1).num_threads is None
    assert LaunchConfig(base_port=0, host="127.0.0.1").get_locality_config(0).port > 0
    with pytest.raises(ValueError, match="locality_id=4 is not a whole number from 0 to 3"):
        config.get_locality_config(4)


def test_no_threads_are_left_to_hpx():
    config = LocalityConfig(0, 1, num_threads=0)
    assert not [word for word in config.to_hpx_args() if "threads" in word]
    assert "HPXPY_NUM_THREADS" not in config.environment()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_localities": 0}, "num_localities=0 is not a whole number from 1 on"),
        ({"threads": 0}, "threads=0 is not a whole number from 1 to 65536"),
        ({"engine": "tcp"}, "engine 'tcp' is unknown"),
        ({"engine": "local", "num_localities": 2}, "engine 'local' has one locality, not 2"),
        ({"engine": "local", "hosts": "a,b"}, "engine 'local' has one locality, not 2"),
        ({"timeout": 0}, "timeout=0 is not a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout=nan is not a number of seconds above 0"),
        ({"start_timeout": -1.0}, "start_timeout=-1.0 is not a number of seconds above 0"),
        ({"hosts": ""}, "hosts '' hold an empty name"),
        ({"hosts": []}, "hosts [] hold no name"),
        ({"hosts": "a,,b"}, "hosts 'a,,b' hold an empty name"),
        ({"hosts": "a:0"}, "'0' is not a number of localities from 1 on for host 'a'"),
        ({"hosts": "a:"}, "'' is not a number of localities from 1 on for host 'a'"),
        ({"hosts": "-oProxyCommand=x"}, "'-oProxyCommand=x' is no name of a host"),
        ({"hosts": "a;b"}, "'a;b' is no name of a host"),
        ({"hosts": "a:2,a:3"}, "name 'a' with 2 localities and 3 localities"),
        ({"hosts": "a:2,a"}, "name 'a' with 2 localities and no number"),
        ({"base_port": 65536}, "base_port=65536 is not a whole number from 0 to 65535"),
        ({"threads_per_locality": -1}, "threads_per_locality=-1 is not a whole number from 0"),
        ({"threads": 2, "threads_per_locality": 3}, "threads=2 contradicts threads_per_locality=3"),
        ({"host": "a b"}, "host='a b' is no name of a host"),
        ({"hosts": "a:2,b:2", "num_localities": 5}, "have room for 4 localities, not for 5"),
    ],
)
def test_bad_launch_configs(fields, message):
    with pytest.raises(ValueError) as error:
        LaunchConfig(**fields)
    assert str(error.value).startswith("LaunchConfig: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"num_localities": "2"},
        {"timeout": "3"},
        {"start_timeout": None},
        {"hosts": 5},
        {"host": 5},
        {"env": {"A": 1}},
        {"env": ["A=1"]},
    ],
)
def test_launch_configs_of_wrong_types(fields):
    with pytest.raises(TypeError, match=f"LaunchConfig: {next(iter(fields))}="):
        LaunchConfig(**fields)


def test_free_ports():
    port = find_free_port()
    assert 1 <= port <= 65535
    with socket.create_server(("127.0.0.1", port)):
        assert find_free_port(host="127.0.0.1") != port
        assert find_free_port(start_port=port) > port
        assert not port - 3 < find_free_port(port - 3, 4) <= port


def test_ports_in_a_row():
    for first in (find_free_port(10000, 4), find_free_port(num_ports=4)):
        with contextlib.ExitStack() as open_ports:
            for port in range(first, first + 4):
                open_ports.enter_context(socket.create_server(("127.0.0.1", port)))
    with pytest.raises(RuntimeError, match="no 3 free ports in a row from 65534 on"):
        find_free_port(65534, 3)
    with pytest.raises(ValueError, match="start_port=0 is not a whole number from 1 to 65535"):
        find_free_port(0)
    with pytest.raises(ValueError, match="num_ports=0 is not a whole number from 1 to 65535"):
        find_free_port(8000, 0)


def test_free_ports_of_others_are_not_known():
    with pytest.raises(OSError, match=r"find_free_port: '192\.0\.2\.1' is no address of this"):
        find_free_port(host="192.0.2.1")
    with pytest.raises(TypeError, match="host=5"):
        find_free_port(host=5)


@pytest.mark.parametrize(
    ("program", "keywords", "kind", "message"),
    [
        ("no_such.py", {}, FileNotFoundError, "script 'no_such.py' does not exist"),
        ([], {}, ValueError, "no program given"),
        (["-m"], {}, ValueError, "argument -m: expected one argument"),
        ("-", {"num_localities": 2}, ValueError, "one locality only"),
        (["-c", "1"], {"n": 2}, TypeError, "unknown keyword 'n'; known are num_localities"),
        (["-c", "1"], {"config": 2}, TypeError, "config=2 is not a LaunchConfig"),
    ],
)
def test_programs_that_cannot_be_launched(program, keywords, kind, message):
    with pytest.raises(kind) as error:
        launch_localities(program, **keywords)
    assert str(error.value).startswith("launch_localities: ")
    assert message in str(error.value)


def test_what_the_environment_expects(monkeypatch):
    monkeypatch.setenv("HPXPY_NUM_LOCALITIES", "4")
    assert get_expected_num_localities() == 4
    monkeypatch.setenv("HPXPY_NUM_LOCALITIES", "many")
    with pytest.raises(ValueError, match="HPXPY_NUM_LOCALITIES='many' is not a whole number"):
        get_expected_num_localities()


def test_running_localities_are_expected():
    n = hpx.num_localities()
    assert get_expected_num_localities() == n
    assert is_multi_locality_mode() == (n > 1)


def test_expected_localities_of_a_process_that_has_not_started(monkeypatch):
    if hpx.num_localities() == 1:
        hpx.finalize()
        try:
            assert (get_expected_num_localities(), is_multi_locality_mode()) == (1, False)
            for name, value in WORKER.environment().items():
                monkeypatch.setenv(name, value)
            assert (get_expected_num_localities(), is_multi_locality_mode()) == (4, True)
        finally:
            monkeypatch.undo()
            hpx.init()


def test_main_functions_of_imported_modules_are_ordinary():
    @spmd_main
    def plain(x, *, y):
        """Adds."""
        return x + y

    @spmd_main(num_localities=64)
    def launching(x):
        return 2 * x

    assert (plain(1, y=2), launching(4)) == (3, 8)
    assert (plain.__name__, plain.__doc__) == ("plain", "Adds.")


def test_main_functions_keep_what_they_were_given():
    given = spmd_main(
        num_localities=4, base_port=9000, threads_per_locality=2, verbose=True, timeout=9
    )
    assert (given.num_localities, given.base_port) == (4, 9000)
    assert (given.threads_per_locality, given.verbose) == (2, True)
    assert given.config.timeout == 9
    plain = spmd_main()
    assert (plain.num_localities, plain.base_port, plain.verbose) == (2, 0, False)


def test_main_functions_refuse_what_they_cannot_use():
    with pytest.raises(TypeError, match="spmd_main: 5 is not a function"):
        spmd_main()(5)
    with pytest.raises(TypeError, match="spmd_main: a function and keywords given"):
        spmd_main(print, threads=2)
    with pytest.raises(ValueError, match="num_localities=0"):
        spmd_main(num_localities=0)
