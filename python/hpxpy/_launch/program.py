"""`hpxpy run`: one program from its start to its exit code."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import signal
import subprocess
import sys

from . import watcher_command
from .alone import TIMED_OUT
from .desk import Desk
from .failures import say
from .hosts import mpiexec_environment, mpiexec_options
from .input import Input, open_standard_files
from .launched import VARIABLES
from .output import Files, Lines
from .processes import Awaited, descendants, handling
from .supervisor import Supervisor
from .wire import Loop, join_command

LAUNCHERS = (
    *("PMI_", "PMIX_", "OMPI_", "PRTE_", "HYDI_", "HYDRA_"),
    *("HPXPY_CONTROL", "HPXPY_TERMINAL", *VARIABLES),
)


def find_mpiexec():
    """The full path of the mpiexec that the wheel `mpich` brought; None if it is not there."""
    import importlib.metadata

    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        path = os.path.realpath(file.locate())
        if path.endswith(("/bin/mpiexec", "/bin/mpiexec.hydra")):
            return path
    return None


def mpiexec_command(mpiexec, placement, size):
    """What stands before the command that mpiexec starts; nothing without one."""
    return [mpiexec, *mpiexec_options(placement), "-n", str(size)] if mpiexec else []


def environment(size, threads=None, engine=None, per_host=None, network=()):
    """The environment of `size` localities, of which `per_host` at most share a host.

    `network` has variables that tell how they talk.
    """
    result = {k: v for k, v in os.environ.items() if not k.startswith(LAUNCHERS)}
    result["HPXPY_NUM_LOCALITIES"] = str(size)
    if threads:
        result["HPXPY_NUM_THREADS"] = str(threads)
    if engine:
        result["HPXPY_ENGINE"] = engine
    result |= dict(network)
    if os.isatty(2):
        result["HPXPY_TERMINAL"] = "1"
    # Whatever a locality prints is to be seen when it is printed, though it prints into a pipe.
    result.setdefault("PYTHONUNBUFFERED", "1")
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:
        cpus = os.cpu_count() or 1
    share = str(threads or max(1, cpus // (per_host or size)))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        result.setdefault(name, share)
    return result


class Program:
    """Runs `command` on `size` localities under a supervisor, as a `LaunchConfig` says.

    `placement` says how many of them each host gets, None that all run here.
    """

    def __init__(self, size, command, environ, config, mpiexec=None, placement=None):
        self.size, self.environ, self.mpiexec = size, environ, mpiexec
        self.placement, self.timeout = placement, config.timeout
        self.start_timeout, self.cwd = config.start_timeout, config.cwd
        self.bind_address = config.bind_address
        self.loop = Loop()
        if config.output_dir is None:
            self.lines = Lines(self.loop, config.tag)
        else:
            self.lines = Files(config.output_dir, size)
        open_standard_files()
        self.input = Input(self.loop)
        self.supervisor = Supervisor(
            self.loop,
            size,
            self.ended,
            output=self.output,
            input=self.input,
            command=join_command(command),
            binding=(config.bind, config.report_binding),
        )
        words = list(map(os.fsencode, command))
        self.desk = Desk(self.loop, os.getpid(), words, self.supervisor.stalls.describe)
        self.code = None
        self.launcher = None
        self.noise = b""

    def run(self):
        """Returns the exit code when no process of the program is left."""
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self.on_signal)
        handlers[signal.SIGTTIN] = signal.SIG_IGN
        handlers[signal.SIGUSR2] = lambda *_: self.supervisor.stalls.explain()
        try:
            with handling(handlers, waker):
                self.loop.watch(wake, lambda: os.read(wake, 512))
                self.start()
                try:
                    self.loop.run()
                finally:
                    self.clean_up()
        finally:
            self.loop.close()
            os.close(wake)
            os.close(waker)
        return self.code

    def start(self):
        where = self.bind_address or "127.0.0.1"
        address = self.supervisor.listen(where, self.placement, self.environ)
        # Watchers are told the program: mpiexec would take some of its words for its own.
        before = mpiexec_command(self.mpiexec, self.placement, self.size)
        command = [*before, *watcher_command("run")]
        environ = {**self.environ, **mpiexec_environment(self.placement, self.environ)}
        reads, writes = os.pipe()
        # In a session of its own, Ctrl-C at the terminal reaches this process alone.
        self.launcher = subprocess.Popen(
            command,
            cwd=self.cwd,
            env={**environ, "HPXPY_SUPERVISOR": address},
            stdin=subprocess.DEVNULL,
            stdout=writes,
            stderr=writes,
            start_new_session=True,
        )
        os.close(writes)
        os.set_blocking(reads, False)
        self.noises = reads
        self.loop.watch(reads, self.hear)
        # The launcher must not end before its localities. What it said is read first.
        self.launcher_end = Awaited(
            self.loop, self.launcher.pid, lambda: self.loop.after(0.05, self.launcher_gone)
        )
        self.loop.after(self.start_timeout, self.start_overdue)
        if self.timeout is not None:
            self.loop.after(self.timeout, self.overdue)

    def output(self, locality, number, data):
        self.lines.add(locality, number, data)
        if not self.lines.broken or self.supervisor.code is not None:
            return
        if not self.lines.why:
            # Nobody reads any more: the end that a single process would have.
            self.supervisor.interrupt(signal.SIGPIPE)
        elif not self.supervisor.interrupted:
            say(f"hpxpy: {self.lines.why}\n")
            self.supervisor.interrupt(signal.SIGTERM, 1)

    def hear(self):
        """What mpiexec itself says: shown only if it could not start the program."""
        try:
            data = os.read(self.noises, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self.loop.forget(self.noises)
        self.noise = (self.noise + data)[-20000:]

    def launcher_gone(self):
        if missing := self.not_started():
            code = self.launcher.poll() or 1
            why = f"{self.mpiexec or sys.executable} could not start {missing}"
            self.give_up(why, 128 - code if code < 0 else code)

    def start_overdue(self):
        if missing := self.not_started():
            after = f"within {self.start_timeout:g} s"
            self.give_up(f"{missing} did not start {after} (start_timeout)", 1)

    def overdue(self):
        if self.supervisor.code is None and not self.supervisor.over:
            say(f"hpxpy: the program took more than {self.timeout:g} s (timeout)\n")
            self.supervisor.interrupt(signal.SIGTERM, TIMED_OUT)

    def not_started(self):
        """The localities that have not been heard of, by name; "" once that says nothing more."""
        if self.supervisor.over or self.supervisor.code is not None:
            return ""
        missing = [entry.id for entry in self.supervisor.localities if not entry.connection]
        if not missing:
            return ""
        if self.placement is None:
            return "the localities"
        hosts = [host for host, n in self.placement.items() for _ in range(n)]
        where = list(dict.fromkeys(hosts[id_] for id_ in missing))
        return f"the localities on {'host' if len(where) == 1 else 'hosts'} {', '.join(where)}"

    def give_up(self, why, code):
        """The program did not start as a whole: says what mpiexec said, and why."""
        noise = self.noise.decode(errors="replace")
        say(noise if not noise or noise.endswith("\n") else noise + "\n")
        say(f"hpxpy: {why}\n")
        if self.placement is not None:
            say(
                "hpxpy: each host must let you in without a password (try: ssh HOST true), have "
                f"{sys.executable} and the folder {self.cwd or os.getcwd()}, and "
                "reach this machine over TCP\n"
            )
        self.supervisor.code = code
        self.supervisor.finish()

    def on_signal(self, number, frame):
        self.supervisor.interrupt(number)

    def ended(self, code):
        self.lines.flush()
        self.code = code
        self.loop.stop()

    def clean_up(self):
        """Waits for mpiexec; what does not end by itself is killed."""
        self.supervisor.dismiss()
        try:
            self.launcher.wait(1)
        except subprocess.TimeoutExpired:
            # The processes by which it reaches other hosts are in sessions of their own.
            others = descendants(self.launcher.pid)
            os.killpg(self.launcher.pid, signal.SIGKILL)
            for pid in others:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.launcher.wait()
        self.launcher_end.stop()
        os.close(self.noises)
        self.supervisor.close()
        self.desk.close()
        self.input.close()
