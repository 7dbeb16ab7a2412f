"""Two simulated hosts: network namespaces with names of their own, and one wire between them.

mpiexec reaches them through a script in ssh's place, which, like ssh, hands on no environment.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

#: What the interface between both is called on each.
WIRE = "wire"

REMOTE_SHELL = """#!/bin/sh
# Called as ssh is: options, the host's name, the command.
while [ "${{1#-}}" != "$1" ]; do shift; done
host=$1; shift
case $host in
    hosta) name={names[0]} ;;
    hostb) name={names[1]} ;;
    silent) exec sleep 100 ;;
    *) echo "remote shell: no route to $host" >&2; exit 255 ;;
esac
cd /
# Nor does ssh hand on the files that mpiexec has open, such as the socket that it listens on.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ip netns exec "$name" \\
    unshare --uts sh -c "hostname $host; $*"
"""

SRUN = """#!/bin/sh
# Called as Hydra calls Slurm's: starts the command on each host of --nodelist.
while [ "${{1#/}}" = "$1" ]; do
    [ "$1" = --nodelist ] && nodes=$2
    shift
done
id=0
for host in $(echo "$nodes" | tr , ' '); do
    {shell} -x "$host" "SLURM_NODEID=$id" "$@" &
    id=$((id + 1))
done
wait
"""


def call(*words):
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=10)


class TwoHosts:
    """hosta and hostb; `on_a` starts commands on the first, `environ` is what they need there."""

    def __init__(self, folder):
        self.names = [f"hpxpy{os.getpid()}{letter}" for letter in "ab"]
        self.shell = Path(folder, "remote_shell")
        self.srun = Path(folder, "slurm", "srun")
        # Both hosts are one machine, so without this localities would share memory.
        self.environ = {"HYDRA_LAUNCHER_EXEC": str(self.shell), "UCX_TLS": "tcp"}

    def create(self):
        call("unshare", "--uts", "hostname", "hosta")
        for name in self.names:
            call("ip", "netns", "add", name)
        end_a, end_b = (["name", WIRE, "netns", name] for name in self.names)
        call("ip", "link", "add", *end_a, "type", "veth", "peer", *end_b)
        table = "127.0.0.1 localhost\n10.77.0.1 hosta\n10.77.0.2 hostb\n"
        for number, name in enumerate(self.names, 1):
            call("ip", "-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", WIRE)
            call("ip", "-n", name, "link", "set", "lo", "up")
            call("ip", "-n", name, "link", "set", WIRE, "up")
            # `ip netns exec` shows this file as /etc/hosts.
            folder = Path("/etc/netns", name)
            folder.mkdir(parents=True)
            Path(folder, "hosts").write_text(table)
        self.wait_for_wire()
        scripts = {
            self.shell: REMOTE_SHELL.format(names=self.names),
            self.srun: SRUN.format(shell=self.shell),
        }
        for path, text in scripts.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)

    def wait_for_wire(self):
        """The kernel tells up to a second late that a wire works; until then UCX leaves it out."""
        deadline = time.monotonic() + 10
        for name in self.names:
            shown = ["ip", "-n", name, "-o", "link", "show", WIRE]
            while " state UP " not in subprocess.run(shown, capture_output=True, text=True).stdout:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the wire of {name} does not come up")
                time.sleep(0.01)

    def remove(self):
        self.kill_all()
        for name in self.names:
            with contextlib.suppress(subprocess.SubprocessError, OSError):
                call("ip", "netns", "del", name)
            shutil.rmtree(Path("/etc/netns", name), ignore_errors=True)
        with contextlib.suppress(OSError):
            os.rmdir("/etc/netns")  # only if it is empty

    def on_a(self, *words):
        shell = 'hostname hosta; exec "$@"'
        return [
            "ip",
            "netns",
            "exec",
            self.names[0],
            "unshare",
            "--uts",
            "sh",
            "-c",
            shell,
            "sh",
            *words,
        ]

    def cut(self, cut=True):
        """Takes the wire between both away, or puts it back."""
        call("ip", "-n", self.names[1], "link", "set", WIRE, "down" if cut else "up")
        if not cut:
            self.wait_for_wire()

    def processes(self, letters="ab"):
        """Everything that runs on the hosts, launchers too."""
        found = []
        for name in (self.names["ab".index(letter)] for letter in letters):
            shown = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True)
            found += map(int, shown.stdout.split())
        return found

    def commands(self):
        """The command lines of all that runs on the hosts."""
        found = []
        for pid in self.processes():
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        return found

    def kill_all(self, letters="ab"):
        for pid in self.processes(letters):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
