"""Writes docs/environment.md: the HPXPY_* variables, from src/base/settings.def.

Called by `make environment`; a test compares the page with what this gives.
"""

# SPDX-License-Identifier: BSL-1.0
import sys

from hpxpy import _core

HEAD = """# Variables of the environment

Written by `make environment` from [src/base/settings.def](../src/base/settings.def). A variable
that is empty counts as not set. What a variable cannot be is an error that names it, shows the
value and says what would do: `hpxpy run` and the other commands end with code 2 before anything
starts, `init` raises ValueError.

| variable | what it does | takes | without it |
| --- | --- | --- | --- |
"""
LAUNCHERS = """
Set by launchers for the processes that they start, and left alone by users:

| variable | what it tells | takes |
| --- | --- | --- |
"""


def page():
    users = [row for row in _core._settings if not row[4]]
    launchers = [row for row in _core._settings if row[4]]
    text = HEAD
    for name, takes, otherwise, meaning, _ in users:
        text += f"| `{name}` | {meaning} | {takes} | {otherwise} |\n"
    text += LAUNCHERS
    for name, takes, _, meaning, _ in launchers:
        text += f"| `{name}` | {meaning} | {takes or 'what the launcher wrote'} |\n"
    return text


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        file.write(page())
