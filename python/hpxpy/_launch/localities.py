"""What the supervisor knows of each locality, and how it names them."""

# SPDX-License-Identifier: BSL-1.0

#: How long a wait for a locality that has left may last (it may still deliver what it sent, and an
#: exit code may follow).
LEFT_GRACE = 0.7


class Locality:
    """What the supervisor knows of one locality."""

    def __init__(self, id_):
        self.id = id_
        self.connection = None
        self.pid = self.watcher = self.host = self.machine = None
        self.mark = -1  # the last collective that it started, as far as it told
        self.waits_in = None  # the group that it waits for: identity, collectives, localities
        self.groups = {}  # when it left: how many collectives it had begun in each group
        self.waits_for = ""  # "at script.py:12: hpx.barrier()" or "in init"
        self.waits_call = ""  # the collective, if it is known
        self.waits_since = None  # when it last told so
        self.wait_began = None
        self.where = {}  # where it stands, if it was asked: see places.described
        self.questions = []  # of those who wait for that
        self.silent = 0  # turns of the heartbeat in which nothing was heard of it
        self.stopped = 0  # beats in a row that found it stopped
        self.bound = ""  # the CPUs that it may run on, if that is to be told
        self.started = False  # uses hpxpy
        self.left_at = None  # when it said that it takes part in nothing more
        self.stopping = False  # calls finalize
        self.goodbye = False
        self.end = None  # ("code" or "signal", value)
        self.ended_at = None
        self.dying = False  # its process is on its way out
        self.lost = False  # communication failed, which another's end may have caused
        self.remark = ""  # what may explain its end

    def name(self):
        where = f" ({self.host}, pid {self.pid})" if self.pid else ""
        return f"locality {self.id}{where}"

    def waits(self, now):
        """Whether it waits just now; long waits tell so twice a second, but for that in init."""
        if self.waits_since is None:
            return False
        return self.waits_for == "in init" or now - self.waits_since < 2 * LEFT_GRACE

    def awaits(self, localities, now):
        """Those that have not come to the collective that it waits for, as far as they told."""
        members = self.waits_in[2] if self.waits_in else range(len(localities))
        others = [other for other in localities if other is not self and other.id in members]
        return [other for other in others if not (other.waits(now) and self.is_met_by(other))]

    def is_met_by(self, other):
        """Whether another one that waits does so for the same collective, or a later one."""
        if self.waits_in and other.waits_in:
            return other.waits_in[:2] == self.waits_in[:2]
        return not self.waits_in and other.mark >= self.mark

    def gone_well(self):
        return self.goodbye or (self.end == ("code", 0) and not self.started)


def localities_named(localities):
    """'locality 1 (host, pid 5)', 'localities 0, 1 and 2'."""
    if len(localities) == 1:
        return localities[0].name()
    numbers = [str(number) for number in sorted(locality.id for locality in localities)]
    return f"localities {', '.join(numbers[:-1])} and {numbers[-1]}"
