"""Groups of localities: the whole program, and parts of it that communicate among themselves.

_collectives.py, _objects.py and _messages.py take them. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from . import _core

__all__ = ["Group", "from_mpi4py", "split_by_host", "world"]

#: The number of a group that this locality is not in.
_OUTSIDE = -1


class Group:
    """Localities that communicate among themselves: `hpx.world`, or what `split` makes of it.

    Collectives take one as `group=`: then its localities call them, roots are numbers within it,
    and order and agreement are its own. Groups end with `finalize`.

    Communication: none.
    """

    __slots__ = ("_number", "_told")

    def __init__(self):
        raise TypeError("Group: groups are made by split, as in hpx.world.split(color)")

    @property
    def id(self) -> int | None:
        """This locality's number in the group, from 0; None where it is not in it.

        Communication: none.
        """
        return None if self._number == _OUTSIDE else _core._place_in(self._number)[0]

    @property
    def size(self) -> int:
        """How many localities the group has; 0 where this one is not in it.

        Communication: none.
        """
        return 0 if self._number == _OUTSIDE else _core._place_in(self._number)[1]

    @property
    def localities(self) -> tuple[int, ...]:
        """The localities' numbers in the whole program, in the order of the group.

        Communication: none.
        """
        return self._members()[0]

    def split(self, color: int | None, key: int = 0) -> Group:
        """The group of the localities that give the same `color`; all of this group call it.

        They are ordered by `key`, and where keys are equal as in this group. Who gives None is in
        no group: what it gets has size 0, and collectives with it are a ValueError.

        Example:
            >>> half = hpx.world.split(hpx.locality_id() % 2)
            >>> hpx.locality_id() in half.localities
            True

        Communication: one all-gather of a few bytes, and the engine's own.
        """
        number = number_of("split", self)
        color = None if color is None else whole_number("split", "color", color)
        made = _core._split_group(color, whole_number("split", "key", key), number)
        return _group(_OUTSIDE if made is None else made)

    def split_grid(self, grid: int | Sequence[int]) -> tuple[Group, ...]:
        """The lines of a grid of this group's localities: for each dimension the one through here.

        The localities fill the grid row by row, as those of `distribution=..., grid=(2, 3)` do. Of
        a grid of two dimensions the first group is this locality's column, the second its row;
        each is ordered along its dimension. ValueError unless the lengths are 1 or more and their
        product is the group's size, CommunicationError where localities give other grids. As
        MPI_Cart_sub makes them, with one dimension kept.

        Example:
            >>> column, row = hpx.world.split_grid((hpx.num_localities(), 1))
            >>> column.size == hpx.num_localities() and row.size == 1
            True

        Communication: one all-reduce, then for each dimension one all-gather of a few bytes, and
        the engine's own.
        """
        number = number_of("split_grid", self)
        lengths = tuple(grid) if isinstance(grid, Iterable) else (grid,)
        lengths = tuple(whole_number("split_grid", "length", length) for length in lengths)
        if any(length < 1 for length in lengths) or math.prod(lengths) != self.size:
            raise ValueError(
                f"split_grid: a grid of {lengths} has no place for each of {self.size} localities; "
                "give lengths whose product is that"
            )
        # Other grids would give lines that have nothing to do with each other.
        _core._barrier(f"split_grid {lengths}", number)
        lines = []
        step = self.size
        for length in lengths:
            step //= length
            lines.append(self.split(self.id - self.id // step % length * step, self.id))
        return tuple(lines)

    def free(self) -> None:
        """Ends the group, which all of its localities do; the others need not wait for `finalize`.

        It waits for all that they have started. ValueError for hpx.world.

        Example:
            >>> hpx.world.split(0).free()

        Communication: one all-reduce of a few bytes, and the engine's own.
        """
        _core._free_group(number_of("free", self))

    def to_mpi4py(self) -> Any:
        """A communicator of mpi4py with the same processes in the same order; all of them call it.

        It is the caller's own, who may call its Free. RuntimeError on other engines than 'mpi'.

        Example:
            >>> comm = hpx.world.to_mpi4py()
            >>> comm.rank == hpx.locality_id()
            True

        Communication: mpi4py's own, to make the communicator.
        """
        number_of("to_mpi4py", self)
        MPI = _mpi("to_mpi4py")
        everybody = MPI.COMM_WORLD.Get_group()
        members = everybody.Incl(self.localities)
        comm = MPI.COMM_WORLD.Create_group(members)
        members.Free()
        everybody.Free()
        return comm

    def _members(self):
        if self._number == _OUTSIDE:
            return (), None
        if self._number == 0:
            return _core._members(0)
        if self._told is None:
            self._told = _core._members(self._number)
        return self._told

    def __eq__(self, other):
        return isinstance(other, Group) and self._number == other._number

    def __hash__(self):
        return hash(self._number)

    def __repr__(self):
        if self._number == 0:
            return "hpx.world"
        if self._number == _OUTSIDE:
            return "<group without this locality>"
        return f"<group of localities {', '.join(map(str, self.localities))}>"

    def __reduce__(self):
        raise TypeError("Group: a group is one locality's view of it and does not travel; split")


def _group(number):
    group = object.__new__(Group)
    group._number = number
    group._told = None if number in (0, _OUTSIDE) else _core._members(number)
    return group


world = _group(0)


def split_by_host(group: Group | None = None) -> Group:
    """The group of the localities on this one's host, ordered by number.

    Without `group` it is made of all localities.

    Example:
        >>> hpx.split_by_host().size <= hpx.num_localities()
        True

    Communication: one all-gather of a few bytes, and the engine's own.
    """
    number = number_of("split_by_host", group)
    return (group or world).split(_core._first_on_host(number))


def from_mpi4py(comm) -> Group:
    """The group of the localities of a communicator of mpi4py; all of its processes call it.

    It has communicators of its own, so what both do does not mix. COMM_NULL gives a group without
    this locality. RuntimeError on other engines than 'mpi', TypeError for what is no communicator,
    or one between two groups, ValueError if it has processes that are no localities.

    Example:
        >>> from mpi4py import MPI
        >>> group = hpx.from_mpi4py(MPI.COMM_WORLD)
        >>> group.size == hpx.num_localities()
        True

    Communication: one all-gather of a few bytes, and the engine's own.
    """
    MPI = _mpi("from_mpi4py")
    if not isinstance(comm, MPI.Comm) or isinstance(comm, MPI.Intercomm):
        raise TypeError(f"from_mpi4py: {comm!r} is no communicator of mpi4py within one group")
    if comm == MPI.COMM_NULL:
        return _group(_OUTSIDE)
    ours, everybody = comm.Get_group(), MPI.COMM_WORLD.Get_group()
    places = MPI.Group.Translate_ranks(ours, range(comm.size), everybody)
    ours.Free()
    everybody.Free()
    if MPI.UNDEFINED in places:
        raise ValueError(
            f"from_mpi4py: process {[*places].index(MPI.UNDEFINED)} of the communicator is no "
            "locality; give one made of MPI.COMM_WORLD"
        )
    return _group(_core._group_from_mpi(comm.py2f()))


def _mpi(function):
    """mpi4py.MPI, once hpxpy has started MPI."""
    if not _core._has_mpi():
        raise RuntimeError(
            f"{function}: localities of this program do not talk through MPI; start it with "
            "engine 'mpi', or make groups with hpx.world.split"
        )
    from mpi4py import MPI

    return MPI


def number_of(function, group):
    """What _core knows the group by. TypeError for what is none, ValueError for one without us."""
    if group is None:
        return 0
    if not isinstance(group, Group):
        raise TypeError(f"{function}: group={group!r} is not a group; hpx.world.split makes them")
    if group._number == _OUTSIDE:
        raise ValueError(
            f"{function}: locality {_core.locality_id()} is not in this group; only its localities "
            "call it"
        )
    return group._number


def whole_number(function, name, value):
    """`value` as an int of 64 bits; TypeError or ValueError that begin with `function`."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if -(2**63) <= number < 2**63:
                return number
            raise ValueError(f"{function}: {name} {number} is past 64 bits")
    raise TypeError(f"{function}: {name} {value!r} is not a whole number")


def address_of(group, index):
    """The number in the whole program of a locality of the group, and what all call the group."""
    if group is None or group._number == 0:
        return index, 0
    localities, identity = group._members()
    return localities[index], identity


def root_of(function, root, number):
    """`root` as an int; ValueError if the group of that number has no such locality."""
    return member_of(function, "root", root, number)


def member_of(function, name, value, number):
    """A locality's number within a group."""
    value = whole_number(function, name, value)
    size = _core._place_in(number)[1]
    if not 0 <= value < size:
        there = "locality 0 only" if size == 1 else f"localities 0 to {size - 1}"
        raise ValueError(f"{function}: {name} {value} does not exist; this group has {there}")
    return value
