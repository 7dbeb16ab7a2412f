"""The predicted time of a program: work, and what its exchanges take on a given network.

T = work + waiting + sum over exchanges of rounds * alpha + bytes * beta, for the slowest
locality. What goes to all and comes from all (all_reduce, broadcast, scans, agreements, all_gather)
takes log2(N) rounds, as its algorithms are trees or double their reach (Thakur, Rabenseifner and
Gropp, 2005); of the rest each message is one. Localities wait for each other at every call that all
make: work between two calls takes as long as on the slowest of those played, and waiting is what
that adds to the work of any one.
"""

# SPDX-License-Identifier: BSL-1.0
import json
import math
from dataclasses import dataclass

import numpy as np

TREES = {"agreement", "all_reduce", "broadcast", "scan"}


@dataclass(frozen=True)
class Network:
    """Seconds that a message takes, and each of its bytes."""

    alpha: float = 2e-6
    beta: float = 1e-10
    origin: str = "assumed"

    @staticmethod
    def read(path):
        """What `hpxpy bench network --json` has printed into a file."""
        with open(path) as file:
            text = json.load(file)
        try:
            return Network(float(text["alpha"]), float(text["beta"]), "measured")
        except (KeyError, TypeError):
            raise ValueError(f"{path} holds no alpha and beta") from None


def seconds_of_row(row, size, network):
    """What the exchanges of one row take."""
    if size == 1:
        return 0.0
    kind, exchanges = row["kind"], row["exchanges"]
    rounds = math.ceil(math.log2(size))
    if kind in TREES:
        per_exchange = max(row["bytes_out"], row["bytes_in"]) / (size - 1)
        return exchanges * rounds * network.alpha + per_exchange * rounds * network.beta
    bytes_ = max(row["bytes_out"], row["bytes_in"])
    messages = max(row["messages_out"], row["messages_in"])
    if kind == "all_gather":
        messages = min(messages, exchanges * rounds)
    return messages * network.alpha + bytes_ * network.beta


@dataclass(frozen=True)
class Rates:
    """What a locality does in a second: bytes of passes over memory, operations of products."""

    bytes: float
    operations: float


def seconds_of(log, size, network, rates=None):
    """(work, exchanges) of one locality in seconds; work at those rates where nothing was run."""
    if rates is None:
        work = log["seconds"] - log["waited"]
    else:
        work = log["work"] / rates.bytes + log["operations"] / rates.operations
    return max(work, 0.0), sum(seconds_of_row(row, size, network) for row in log["rows"])


def waiting_of(logs):
    """Seconds that the slowest of these localities waits for others, each slower at some time."""
    logs = list(logs)
    if len({len(log["turns"]) for log in logs}) != 1:
        return 0.0
    ends = np.array([[*log["turns"], log["seconds"] - log["waited"]] for log in logs])
    work = np.diff(ends, axis=1, prepend=0.0)
    return float(work.max(axis=0).sum() - work.sum(axis=1).max())
