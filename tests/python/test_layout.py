# Reads every #include of src and keeps two rules of CONTRIBUTING.md: which room may include which,
# and which one place knows an outside library.
# SPDX-License-Identifier: BSL-1.0
import pathlib
import re

import pytest

pytestmark = pytest.mark.local

SRC = pathlib.Path(__file__).parents[2] / "src"

# What a room may include besides itself. A name with a dot is one header of a room.
ROOMS = {
    "base": set(),
    "ops": {"base"},
    "maps": {"base"},
    "comm": {"base", "maps"},
    "kernels": {"base", "ops"},
    "graph": {"base", "ops", "maps"},
    "plan": {"base", "ops", "maps", "graph"},
    "runtime": {"base", "comm"},
    "exec": {"base", "ops", "maps", "kernels", "graph", "plan", "runtime"},
    "exchanges": {"base", "ops", "maps", "comm", "kernels", "graph", "plan", "runtime", "exec"},
    "algorithms": {
        *("base", "ops", "maps", "comm", "kernels", "graph", "plan", "runtime", "exec", "exchanges")
    },
    "functions": {
        *(
            "base",
            "ops",
            "maps",
            "comm",
            "kernels",
            "graph",
            "plan",
            "runtime",
            "exec",
            "exchanges",
        ),
        "algorithms",
    },
    "bindings": {
        *("base", "ops", "maps", "comm", "graph", "runtime", "exec", "exchanges", "algorithms"),
        "functions",
    },
}

# Folders that nobody else includes: engines are modules of their own, opened by name.
PRIVATE = ("comm/mpi", "comm/hpx")

# Outside libraries: how an include of one begins, and where that is allowed.
LIBRARIES = {
    r"(oneapi/)?tbb/|oneapi/tbb\.h": ("runtime/pool_tbb.",),
    r"mpi\.h": ("comm/mpi/",),
    r"(hpx|asio)/": ("comm/hpx/",),
    r"(cblas|lapacke)\.h": ("kernels/linalg.",),
    r"nanobind/|Python\.h|structmember\.h": ("bindings/",),
    r"\w*intrin\.h|arm_\w+\.h": ("kernels/",),
}

# The C++ library ("vector"), and what C and the operating system bring ("unistd.h", "sys/mman.h").
STANDARD = re.compile(
    r"[a-z_]+|(sys|linux|arpa|net|netinet)/\w+\.h"
    r"|(cpuid|dirent|dlfcn|errno|fcntl|ifaddrs|link|malloc|netdb|poll|pthread|sched|signal|spawn|stdlib|time|unistd)\.h"
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def complaint(file, bracket, name):
    """What is wrong with the include of `name` in `file` (both as seen from src), or None."""
    room = file.split("/")[0]
    for pattern, places in LIBRARIES.items():
        if re.match(pattern, name):
            return None if file.startswith(places) else f"only {places[0]} may know <{name}>"
    if bracket == "<":
        return None if STANDARD.fullmatch(name) else f"<{name}> is no library that we know"
    if not (SRC / name).is_file():
        return f'"{name}" is no file of src; includes start there'
    for folder in PRIVATE:
        if name.startswith(folder + "/") and not file.startswith(folder + "/"):
            return f'"{name}" belongs to {folder} alone'
    other = name.split("/")[0]
    if other == room or other in ROOMS[room] or name in ROOMS[room]:
        return None
    return f'room {room} may not include "{name}"'


def sources():
    return sorted(p for p in SRC.rglob("*") if p.suffix in {".cpp", ".hpp", ".def"})


def test_includes_keep_the_rooms_apart():
    found = []
    for path in sources():
        file = path.relative_to(SRC).as_posix()
        for bracket, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            problem = complaint(file, bracket, name)
            if problem:
                found.append(f"src/{file}: {problem}")
    assert not found, "\n".join(found)


def test_every_source_is_in_a_room():
    outside = [p for p in sources() if p.relative_to(SRC).parts[0] not in ROOMS]
    assert sources()
    assert not outside


@pytest.mark.parametrize(
    ("file", "bracket", "name"),
    [
        ("bindings/module.cpp", '"', "kernels/kernels.hpp"),
        ("graph/node.cpp", '"', "comm/communicator.hpp"),
        ("base/shape.cpp", '"', "ops/op.hpp"),
        ("exec/run.cpp", '"', "../base/dtype.hpp"),
        ("exec/run.cpp", "<", "oneapi/tbb/parallel_for.h"),
        ("comm/engine.cpp", "<", "mpi.h"),
        ("algorithms/linalg.cpp", "<", "cblas.h"),
        ("exec/run.cpp", "<", "nanobind/nanobind.h"),
        ("exec/run.cpp", "<", "boost/any.hpp"),
    ],
)
def test_a_forbidden_include_is_found(file, bracket, name):
    assert complaint(file, bracket, name)


@pytest.mark.parametrize(
    ("file", "bracket", "name"),
    [
        ("runtime/pool_tbb.cpp", "<", "oneapi/tbb/parallel_for.h"),
        ("comm/mpi/engine.cpp", "<", "mpi.h"),
        ("bindings/module.cpp", "<", "Python.h"),
        ("kernels/copy.isa.cpp", "<", "immintrin.h"),
        ("kernels/linalg.cpp", "<", "cblas.h"),
        ("graph/node.cpp", '"', "maps/map.hpp"),
        ("exec/run.cpp", "<", "sys/mman.h"),
        ("exec/run.cpp", "<", "vector"),
    ],
)
def test_an_allowed_include_passes(file, bracket, name):
    assert complaint(file, bracket, name) is None
