"""What `hpxpy run --dry-run` prints: what would be started where, and with which environment."""

# SPDX-License-Identifier: BSL-1.0
import os
import shlex
import socket

from . import binding
from .hosts import is_here, mpiexec_environment
from .program import mpiexec_command


def places(size, placement):
    """(host, number on that host, how many there) of each locality."""
    hosts = placement or {socket.gethostname(): size}
    return [(host, index, count) for host, count in hosts.items() for index in range(count)]


def cpus_text(host, index, count, kind):
    if is_here(host) or host.startswith("127."):
        return binding.described(binding.cpus_of(kind, index, count), kind)
    if kind == "none":
        return "all CPUs that ssh gives there, not bound"
    what = "cores" if kind == "core" else "NUMA nodes"
    return f"share {index + 1} of {count} of the {what} there"


def changed(environ):
    """The variables that differ from this process's, and those that localities do not get."""
    added = {name: value for name, value in environ.items() if os.environ.get(name) != value}
    gone = [name for name in os.environ if name not in environ]
    return dict(sorted(added.items())), sorted(gone)


def show(size, command, environ, config, mpiexec, placement):
    kind = config.bind
    lines = [f"{size} {'locality' if size == 1 else 'localities'} of: {shlex.join(command)}"]
    lines.append(f"in {os.path.abspath(config.cwd or os.getcwd())}")
    if not isinstance(config.hosts, (str, list, tuple, type(None))):
        lines.append(f"hosts of {config.hosts}")
    if mpiexec:
        lines.append(f"by {shlex.join(mpiexec_command(mpiexec, placement, size))} ...")
    for id_, (host, index, count) in enumerate(places(size, placement)):
        lines.append(f"locality {id_} on {host}: {cpus_text(host, index, count, kind)}")
    if config.output_dir is not None:
        lines.append(f"output to {os.path.abspath(config.output_dir)}, a file each")
    added, gone = changed({**environ, **mpiexec_environment(placement, environ)})
    lines.append(f"with {len(environ) - len(added)} variables of this environment, and")
    lines += [f"  {name}={shlex.quote(value)}" for name, value in added.items()]
    lines.append("  HPXPY_LOCALITY_ID and HPXPY_MULTI_LOCALITY=1, each locality its own")
    if gone:
        lines.append(f"without {' '.join(gone)}")
    print("\n".join(lines))
