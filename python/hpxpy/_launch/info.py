"""`hpxpy info`: what hpxpy is made of here, what the machine has, and what would be used."""

# SPDX-License-Identifier: BSL-1.0
import ctypes
import json
import os
import platform
import re
import resource
import shutil
import socket
import sys

from .. import _core
from . import allocations, binding, probe
from .hosts import MANAGERS
from .program import environment, find_mpiexec

LIMITS = {
    "open files": "NOFILE",
    "processes": "NPROC",
    "locked memory": "MEMLOCK",
    "address space": "AS",
    "stack": "STACK",
    "core file": "CORE",
}
#: Libraries that are worth their path, by how their names begin.
LIBRARIES = ("libmpi", "libhpx", "libtbb", "libscipy_openblas", "libopenblas", "libuc", "libfabric")


def add_parser(commands):
    info = commands.add_parser(
        "info",
        help="show versions, engines, this machine, and what hpxpy would use",
        description="Shows versions, the engines with the libraries that they load, networks, "
        "hosts, cores, caches, the instruction set, memory, /dev/shm, limits, the HPXPY_* "
        "variables that are set, and what would be used without options. Starts nothing.",
        allow_abbrev=False,
    )
    info.add_argument("--json", action="store_true", help="print JSON")
    return info


def versions():
    found = probe.versions()
    found["linux"] = platform.release()
    found["libc"] = " ".join(platform.libc_ver())
    return found


def mapped():
    """The paths of the shared libraries that this process has loaded."""
    with open("/proc/self/maps", errors="replace") as file:
        paths = re.findall(r"(/\S*\.so\S*)$", file.read(), re.MULTILINE)
    return {path for path in paths if os.path.basename(path).startswith(LIBRARIES)}


def mpi_version(paths):
    """What the loaded MPI says of itself; it may be asked before it is started."""
    for path in sorted(paths):
        if os.path.basename(path).startswith("libmpi.so"):
            text, length = ctypes.create_string_buffer(1 << 16), ctypes.c_int()
            ctypes.CDLL(path).MPI_Get_library_version(text, ctypes.byref(length))
            return " ".join(text.value.decode(errors="replace").split())
    return None


def engines():
    """{engine: its module and libraries, or why it is not there}."""
    folder = os.environ.get("HPXPY_ENGINE_PATH") or os.path.dirname(_core.__file__)
    found = {"local": {"available": True, "module": _core.__file__, "libraries": sorted(mapped())}}
    for name in _core._engines:
        path = os.path.join(folder, f"_engine_{name}.so")
        if name == "local":
            continue
        if not os.path.exists(path):
            found[name] = {"available": False, "why": f"{path} does not exist"}
            continue
        before = mapped()
        try:
            ctypes.CDLL(path)
        except OSError as error:
            found[name] = {"available": False, "why": str(error)}
            continue
        loaded = mapped()
        found[name] = {"available": True, "module": path, "libraries": sorted(loaded - before)}
        if version := mpi_version(loaded - before):
            found[name]["version"] = version
    return found


def transports(found):
    """How data would travel, and what was set of it."""
    told = {"shared memory": "/dev/shm, between localities of one host"}
    version = found.get("mpi", {}).get("version") or ""
    if device := re.search(r"MPICH Device:\s*(\S+)", version):
        told["mpi"] = device[1]
    if found.get("hpx", {}).get("available"):
        told["hpx"] = "TCP parcelport"
    prefixes = ("UCX_", "FI_", "MPIR_CVAR_", "HYDRA_")
    told["set"] = {k: v for k, v in sorted(os.environ.items()) if k.startswith(prefixes)}
    told["interfaces"] = [name for _, name in socket.if_nameindex()]
    return told


def caches():
    """{"L1d": bytes, ...} of one core."""
    folder, found = f"{binding.CPUS}/cpu{min(os.sched_getaffinity(0))}/cache", {}
    for index in range(8):
        try:
            words = []
            for part in ("level", "type", "size"):
                with open(f"{folder}/index{index}/{part}") as file:
                    words.append(file.read().strip())
        except OSError:
            break
        level, kind, size = words
        letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
        factor = {"K": 1 << 10, "M": 1 << 20}.get(size[-1:], 1)
        found[f"L{level}{letter}"] = int(size.rstrip("KM")) * factor
    return found


def processor():
    with open("/proc/cpuinfo", errors="replace") as file:
        model = re.search(r"^(?:model name|CPU part)\s*:\s*(.*)$", file.read(), re.MULTILINE)
    allowed = os.sched_getaffinity(0)
    return {
        "model": model[1] if model else platform.machine(),
        "cpus": binding.text_of(allowed),
        "cores": len(binding.cores(allowed)),
        "numa nodes": {str(n): binding.text_of(c) for n, c in binding.nodes(allowed).items()},
        "usable at once": _core._available_cpus(),
        "caches": caches(),
        "instruction set": _core._instruction_set(),
    }


def shared_memory():
    try:
        room = os.statvfs("/dev/shm")
    except OSError as error:
        return {"size": None, "free": None, "why": error.strerror}
    return {"size": room.f_blocks * room.f_frsize, "free": room.f_bavail * room.f_frsize}


def limits():
    """{what: its soft limit, None without one}."""
    found = {}
    for name, number in LIMITS.items():
        soft, _ = resource.getrlimit(getattr(resource, f"RLIMIT_{number}"))
        found[name] = None if soft == resource.RLIM_INFINITY else soft
    return found


def would_be_used(found, allocation):
    """What `hpxpy run` without options does here."""
    size = sum(allocation.slots.values()) if allocation else 1
    usual = "mpi" if size > 1 else "local"
    engine = os.environ.get("HPXPY_ENGINE") or usual
    ways = [way for job, way, program in MANAGERS if job in os.environ and shutil.which(program)]
    environ = environment(size, per_host=max(allocation.slots.values()) if allocation else size)
    threads = os.environ.get("HPXPY_NUM_THREADS") or environ["OMP_NUM_THREADS"]
    return {
        "localities": size,
        "engine": engine,
        "engine is available": found.get(engine, {}).get("available", False),
        "threads of each": int(threads),
        "mpiexec": find_mpiexec(),
        "other hosts by": os.environ.get("HYDRA_LAUNCHER") or (ways[0] if ways else "ssh"),
    }


def collect():
    """All of it, of what JSON can hold."""
    found, allocation = engines(), allocations.find()
    return {
        "versions": versions(),
        "python": sys.executable,
        "engines": found,
        "transports": transports(found),
        "hosts": {
            "this": socket.gethostname(),
            "manager": allocation and allocation.manager,
            "job": allocation and allocation.job,
            "slots": allocation and allocation.slots,
        },
        "processor": processor(),
        "memory": {"total": _core._total_memory(), "available": _core._available_memory()},
        "/dev/shm": shared_memory(),
        "limits": limits(),
        "variables": {
            name: os.environ[name] for name, *_ in _core._settings if os.environ.get(name)
        },
        "would be used": would_be_used(found, allocation),
    }


BYTES = {"memory", "/dev/shm", "caches"}
BYTES_OF_LIMITS = {"locked memory", "address space", "stack", "core file"}


def text_of(name, value, in_bytes=False):
    """A value as a line shows it."""
    if value is None:
        return "unlimited" if in_bytes or name in LIMITS else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if in_bytes and isinstance(value, int):
        for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
            if value >= size:
                return f"{value / size:.4g} {unit}"
        return f"{value} B"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def lines_of(told, indent="", in_bytes=False):
    for name, value in told.items():
        inner = in_bytes or name in BYTES or name in BYTES_OF_LIMITS
        if isinstance(value, dict):
            yield f"{indent}{name}:{'' if value else ' none'}"
            yield from lines_of(value, indent + "  ", inner)
        elif isinstance(value, list) and len(value) > 3:
            yield f"{indent}{name}:"
            yield from (f"{indent}  {entry}" for entry in value)
        else:
            yield f"{indent}{name}: {text_of(name, value, inner)}"


def run(chosen, parser):
    """Prints it; returns the exit code."""
    try:
        told = collect()
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(told, indent=2) if chosen.json else "\n".join(lines_of(told)))
    return 0
