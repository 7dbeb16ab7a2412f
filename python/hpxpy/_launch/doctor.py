"""`hpxpy doctor`: looks, on all hosts, at what programs need, and tells what is to be mended.

It starts `probe` on each, as `hpxpy run` would start localities, and asks them one after another.
"""

# SPDX-License-Identifier: BSL-1.0
import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import zlib

from . import allocations
from .door import Door
from .findings import duration, finding, findings, listed
from .hosts import mpiexec_environment
from .networks import interfaces, ports_of
from .numbers import seconds
from .processes import Awaited, descendants
from .program import environment, find_mpiexec, mpiexec_command
from .reception import is_this_host, own_addresses
from .wire import Loop

#: Carries modules to a host on which perhaps another version is installed.
CARRIED = """
import base64, json, sys, types, zlib
sys.modules["_doctor"] = package = types.ModuleType("_doctor")
package.__path__ = []
for name, source in json.loads(zlib.decompress(base64.b64decode(sys.argv[1]))):
    module = sys.modules[f"_doctor.{name}"] = types.ModuleType(f"_doctor.{name}")
    module.__package__ = "_doctor"
    exec(compile(source, name, "exec"), module.__dict__)
sys.modules["_doctor.probe"].main()
"""

#: The options of `run` that name a field of LaunchConfig, and that `doctor` has too.
OF_RUN = (
    *("hosts", "hostfile", "per_host", "engine", "cwd"),
    *("transport", "interface", "port_range", "bind_address"),
)
#: Seconds that a probe has for an answer.
ANSWER = 60.0
#: So many localities are all measured with each other; of more, one of each host.
ALL_PAIRS = 8
#: So many ports of a range are tried.
PORTS = 16
#: Seconds that the engine may take to start and to meet.
ENGINE = 30.0

MEETING = """
import json, time, hpxpy as hpx
hpx.barrier()
took = []
for _ in range(51):
    began = time.perf_counter()
    hpx.barrier()
    took.append(time.perf_counter() - began)
hpx.print0(json.dumps({"engine": hpx.localities()[0].engine, "barrier": sorted(took)[25]}))
"""


def add_parser(commands, options):
    """`options` are those of `run`, of which `doctor` has some."""
    doctor = commands.add_parser(
        "doctor",
        help="look whether programs can run on these hosts, and what is to be mended",
        description="Starts a small program on N localities of this machine or of the hosts given, "
        "and looks at names, interfaces, ports, versions and folders, /dev/shm, memory, CPUs and "
        "clocks; measures latency and bandwidth of TCP between each pair; lets the engine meet; "
        "and tells what is to be mended, in order. The exit code is 1 if there is something.",
        allow_abbrev=False,
    )
    exclusive = doctor.add_mutually_exclusive_group()
    for name in ("--localities", *(f"--{name.replace('_', '-')}" for name in OF_RUN)):
        group = exclusive if name in ("--hosts", "--hostfile") else doctor
        names = ("-n", name) if name == "--localities" else (name,)
        group.add_argument(*names, **options[name])
    doctor.add_argument(
        "--start-timeout",
        type=seconds,
        metavar="S",
        default=20.0,
        help="give up when hosts take more than S seconds to start (default: 20)",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    return doctor


def probe_command():
    folder, sources = os.path.dirname(os.path.abspath(__file__)), []
    for name in ("wire", "networks", "door", "probe"):
        with open(os.path.join(folder, f"{name}.py")) as file:
            sources.append((name, file.read()))
    packed = base64.b64encode(zlib.compress(json.dumps(sources).encode())).decode()
    return [sys.executable, "-c", CARRIED, packed]


class Patients:
    """The probes on all localities: started, asked, and ended."""

    def __init__(self, size, placement, environ, cwd, start_timeout):
        self.size, self.loop, self.connections = size, Loop(), {}
        token = secrets.token_hex(16)
        everywhere = not all(map(is_this_host, placement or ()))
        host = "" if everywhere else "127.0.0.1"
        addresses = own_addresses(placement or ()) if everywhere else [host]
        if everywhere and (interface := environ.get("HPXPY_INTERFACE")):
            host = interfaces().get(interface, "")
            addresses = [host] if host else addresses
        ports = ports_of(environ.get("HPXPY_PORT_RANGE"))
        door = Door(self.loop, host, token, size, self.welcome, ports)
        environ["HPXPY_SUPERVISOR"] = f"{','.join(addresses)}:{door.port}:{token}"
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115, closed by `close`
        self.launcher = subprocess.Popen(
            [*mpiexec_command(find_mpiexec(), placement, size), *probe_command()],
            cwd=cwd,
            env={**environ, **mpiexec_environment(placement, environ)},
            stdin=subprocess.DEVNULL,
            stdout=self.noise,
            stderr=self.noise,
            start_new_session=True,
        )
        # What came in before its end is welcomed first.
        end = Awaited(self.loop, self.launcher.pid, lambda: self.loop.after(0.05, self.loop.stop))
        self.loop.after(start_timeout, self.loop.stop)
        self.loop.run()
        end.stop()
        door.close()

    def welcome(self, connection):
        message = connection.await_message(1.0)
        if message and message[0] == "told":
            self.connections[json.loads(message[1])] = connection
        if len(self.connections) == self.size:
            self.loop.stop()

    def ask(self, id_, what, **words):
        """What a locality answers; None if it does not."""
        connection = self.connections[id_]
        connection.send("command", data=json.dumps({"what": what, **words}).encode())
        message = connection.await_message(ANSWER)
        return json.loads(message[1]) if message else None

    def said(self):
        """What mpiexec and probes that could not reach this process printed."""
        self.noise.seek(0)
        return self.noise.read()[-4000:].decode(errors="replace").strip()

    def close(self):
        for connection in self.connections.values():
            connection.close()
        try:
            self.launcher.wait(2 if len(self.connections) == self.size else 0.2)
        except subprocess.TimeoutExpired:
            others = descendants(self.launcher.pid)
            for pid in (self.launcher.pid, *others):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.launcher.wait()
        self.noise.close()
        self.loop.close()


def skew_of(patients, id_):
    """Seconds by which a locality's clock is ahead of this one, by the fastest of some answers."""
    found = []
    for _ in range(5):
        before = time.time()
        theirs = patients.ask(id_, "time")
        after = time.time()
        if theirs is not None:
            found.append((after - before, theirs - (before + after) / 2))
    return min(found)[1] if found else 0.0


def chosen_localities(told):
    """Those that are measured with each other."""
    if len(told) <= ALL_PAIRS:
        return told
    return list({one["host"]: one for one in reversed(told)}.values())[::-1]


def ways(patients, told, ports, interface):
    """(closed ports, taken ports, what was measured) of each pair, in both directions."""
    measured = chosen_localities(told)
    listening, taken, closed, pairs = {}, {}, [], {}
    several = len({one["machine"] for one in told}) > 1 or len({o["host"] for o in told}) > 1
    for one in measured:
        same = [other["id"] for other in measured if other["host"] == one["host"]]
        wanted = [0]
        if ports:
            # Localities of a host share the range.
            mine, of = same.index(one["id"]), len(same)
            wanted = list(ports)[: PORTS * of][mine::of]
        host = "" if several else "127.0.0.1"
        answer = patients.ask(one["id"], "listen", host=host, ports=wanted)
        listening[one["id"]] = answer["ports"]
        # The doctor itself has some of a range.
        taken[one["id"]] = [] if answer["ports"] else answer["taken"]
    for to in measured:
        there = to["interfaces"]
        addresses = [there[interface]] if there.get(interface) else list(there.values())
        addresses = [address for address in addresses if not address.startswith("127.")]
        for from_ in measured:
            id_ = from_["id"]
            if from_ is to:
                continue
            near = from_["host"] == to["host"]
            asked = ["127.0.0.1", *addresses] if near else addresses
            first = None
            for port in listening[to["id"]]:
                if first is None:
                    found = patients.ask(id_, "measure", addresses=asked, port=port) or {
                        "why": "no answer"
                    }
                    why = found.get("why")
                    first = found if not why else None
                elif near:
                    break
                else:
                    why = patients.ask(id_, "reach", addresses=asked, port=port)
                if why:
                    closed.append((id_, to["id"], port, why))
            pairs[id_, to["id"]] = first or {"why": "cannot be reached"}
    return closed, taken, pairs


def meet(options):
    """What the engine tells after all localities have met, or why they have not."""
    command = [sys.executable, "-m", "hpxpy", "run", *options, "--timeout", f"{ENGINE:g}"]
    done = subprocess.run(
        [*command, "-c", MEETING], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    return {"why": done.stderr.strip() or f"exit code {done.returncode}"}


def examine(config, options, start_timeout):
    """All that is found out, of what JSON can hold."""
    size, placement = config.size(), config._where()
    environ = environment(size, engine=config.engine, network=config._network())
    ports, interface = environ.get("HPXPY_PORT_RANGE"), environ.get("HPXPY_INTERFACE")
    wanted = [host for host in placement or () if not is_this_host(host)]
    places = [host for host, n in placement.items() for _ in range(n)] if placement else None
    patients = Patients(size, placement, environ, config.cwd, start_timeout)
    told, skews, mend = [], {}, []
    closed, taken, pairs, engine = [], {}, {}, None
    try:
        here = sorted(patients.connections)
        missing = [id_ for id_ in range(size) if id_ not in patients.connections]
        if missing:
            where = [places[id_] for id_ in missing] if places else ["this machine"]
            mend.append(
                finding(
                    "start",
                    where,
                    f"nothing could be started on {listed(where)}, or it does not reach this "
                    "machine: let this user in without a password (try: ssh HOST true), install "
                    f"{sys.executable} and make the folder {config.cwd or os.getcwd()} there, and "
                    f"let it connect here over TCP. What was said:\n{patients.said()}".rstrip(),
                )
            )
        if patients.launcher.poll() is None:
            told = [patients.ask(id_, "facts", names=wanted) for id_ in here]
            told = [one for one in told if one]
            skews = {one["id"]: skew_of(patients, one["id"]) for one in told}
            if not missing:
                closed, taken, pairs = ways(patients, told, ports and ports_of(ports), interface)
    finally:
        patients.close()
    mend += findings(told, wanted, closed, taken, pairs, skews)
    if not {"start", "name", "version", "folder", "port"} & {entry["kind"] for entry in mend}:
        engine = meet(options)
        if "why" in engine:
            text = f"the localities do not meet: {engine['why']}"
            mend.insert(0, finding("engine", [one["host"] for one in told], text))
    return {
        "localities": [{**one, "clock": skews[one["id"]]} for one in told],
        "links": [{"from": a, "to": b, **found} for (a, b), found in pairs.items()],
        "engine": engine,
        "mend": mend,
    }


def matrix(report, name, unit, text):
    """The lines of a table: a row for each locality that sends, a column for each that gets."""
    ids = sorted({link["from"] for link in report["links"]})
    found = {(link["from"], link["to"]): link.get(name) for link in report["links"]}
    lines = [f"{name} from row to column ({unit})"]
    lines.append("     " + "".join(f"{id_:>9}" for id_ in ids))
    for row in ids:
        cells = ["-" if found.get((row, id_)) is None else text(found[row, id_]) for id_ in ids]
        lines.append(f"{row:>5}" + "".join(f"{cell:>9}" for cell in cells))
    return lines


def lines_of(report):
    told = report["localities"]
    by_host = {}
    for one in told:
        by_host.setdefault(one["host"], []).append(one)
    for host, ones in by_host.items():
        one, numbers = ones[0], listed(each["id"] for each in ones)
        addresses = ", ".join(f"{k} {v}" for k, v in one["interfaces"].items())
        yield f"{host}: {'locality' if len(ones) == 1 else 'localities'} {numbers}"
        yield f"  interfaces {addresses}; {one['cpus']} CPUs, load {one['load']:.1f}"
        shm = one["/dev/shm"]
        yield (
            f"  memory {one['memory']['available'] >> 20} MB free of "
            f"{one['memory']['total'] >> 20}, /dev/shm "
            + (f"{shm['free'] >> 20} MB free" if shm else "missing")
            + f", clock {1e3 * one['clock']:+.3g} ms"
        )
        known = [f"{k} {v}" for k, v in one["versions"].items() if v]
        yield f"  {', '.join(known)}"
    if report["links"]:
        yield from matrix(report, "latency", "us, TCP", lambda value: f"{value * 1e6:.0f}")
        yield from matrix(report, "bandwidth", "MB/s, TCP", lambda value: f"{value / 1e6:.0f}")
    engine = report["engine"]
    if engine and "why" not in engine:
        yield f"engine {engine['engine']}: a barrier takes {duration(engine['barrier'])}"
    if not report["mend"]:
        yield "nothing to mend"
        return
    yield "to mend, in order:"
    for number, entry in enumerate(report["mend"], 1):
        yield f"{number}. " + entry["text"].replace("\n", "\n   ")


def run(chosen, parser):
    """Prints it; returns the exit code."""
    from ..launcher import LaunchConfig

    given = {name: getattr(chosen, name) for name in OF_RUN}
    try:
        named = given["hosts"] is not None or given["hostfile"] is not None
        if not named:
            given["hosts"] = allocations.find()
        some = given["hosts"] is not None or named or chosen.per_host
        config = LaunchConfig(num_localities=chosen.localities or (None if some else 2), **given)
        if find_mpiexec() is None:
            parser.exit(1, "hpxpy doctor: the mpiexec of the package mpich was not found\n")
        options = [
            word
            for name in OF_RUN
            if getattr(chosen, name) is not None
            for word in (f"--{name.replace('_', '-')}", str(getattr(chosen, name)))
        ]
        if chosen.localities:
            options += ["-n", str(chosen.localities)]
        elif not some:
            options += ["-n", "2"]
        report = examine(config, options, chosen.start_timeout)
    except ValueError as error:
        parser.error(str(error).removeprefix("LaunchConfig: "))
    print(json.dumps(report, indent=2) if chosen.json else "\n".join(lines_of(report)))
    return 1 if report["mend"] else 0
