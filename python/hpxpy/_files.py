"""Arrays in files: NumPy's `.npy`, one file of the whole, of which each locality has its ranges.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import contextlib
import errno
import io
import math
import operator
import os
import stat

import numpy as np
from numpy.lib import format as npy

from . import _core
from ._arguments import as_array
from ._blocks import at_all, block_axis, held, is_first_holder, pieces, whole_runs
from ._placement import creation, is_dealt

__all__ = ["load", "save"]

# Pieces in which memory that lies otherwise than the file is copied on its way.
_PIECE = 16 << 20
# Ranges of fewer bytes are collected to blocks first, as one call writes each (two-phase I/O:
# Thakur, Gropp, Lusk: Data sieving and collective I/O in ROMIO, 1999).
_SHORT = 4096


def _path(name, file):
    try:
        return os.fspath(file)
    except TypeError:
        raise TypeError(
            f"{name}: {file!r} is not a path; of open files only local arrays are saved and loaded"
        ) from None


def _with_suffix(path):
    suffix = b".npy" if isinstance(path, bytes) else ".npy"
    return path if path.endswith(suffix) else path + suffix


def _explained(name, error, path, what):
    """An OSError of the same kind that begins with the function and says who could not do what."""
    code = error.errno
    where = ""
    if _core.num_localities() > 1:
        where = f"locality {_core.locality_id()} "
    text = f"{name}: {where}cannot {what} {os.fsdecode(path)}: {os.strerror(code)}"
    return OSError(code, text)


@contextlib.contextmanager
def _explaining(name, path, what):
    try:
        yield
    except OSError as error:
        if error.errno is None:  # it says so already
            raise
        raise _explained(name, error, path, what) from error


def _shortest(x):
    """About how many bytes one range of the file has on this map; the same on every locality."""
    least = None
    for locality in range(_core.num_localities()):
        runs = held(x, locality)
        counts = [sum(length * count for _, length, _, count in axis) for axis in runs]
        if 0 in counts:
            continue
        inner = x.ndim
        while inner and counts[inner - 1] == x.shape[inner - 1]:
            inner -= 1
        if inner == 0:
            continue
        ranges = sum(count for *_, count in runs[inner - 1])
        size = counts[inner - 1] / ranges * math.prod(x.shape[inner:]) * x.itemsize
        least = size if least is None else min(least, size)
    return math.inf if least is None else least


def _in_long_ranges(x):
    """Whether each range of the file is long enough to be written or read by a call of its own."""
    return x.size * x.itemsize <= _SHORT or _shortest(x) >= _SHORT


def _write_all(file, data, at):
    view = memoryview(data).cast("B")
    while view:
        written = os.pwrite(file, view[:_PIECE], at)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view, at = view[written:], at + written


def _read_all(file, data, at):
    view = memoryview(data).cast("B")
    while view:
        got = os.preadv(file, [view[:_PIECE]], at)
        if got == 0:
            raise EOFError
        view, at = view[got:], at + got


def _header(x):
    header = io.BytesIO()
    description = {"descr": npy.dtype_to_descr(x.dtype), "fortran_order": False, "shape": x.shape}
    npy.write_array_header_1_0(header, description)
    return header.getvalue()


def _begin(path, header, size):
    """A new file beside `path`, as long as the whole will be and with its space reserved."""
    mode = 0o666
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(path)
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL, "")
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "")
    folder, base = os.path.split(path)
    number = os.getpid()
    while True:
        suffix = f".{number}.part"
        name = base + (suffix.encode() if isinstance(base, bytes) else suffix)
        temporary = os.path.join(folder, name)
        try:
            file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            break
        except FileExistsError:
            number += 1
    try:
        # A full disk is noticed before anything is written.
        if size:
            os.posix_fallocate(file, 0, len(header) + size)
        _write_all(file, header, 0)
    except BaseException:
        os.unlink(temporary)
        raise
    finally:
        os.close(file)
    return temporary


def _write_block(name, temporary, path, x, begin):
    with _explaining(name, path, "write"):
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{name}: locality {_core.locality_id()} does not see the file that locality 0 "
                f"began, {os.fsdecode(temporary)}; the path must be on a file system that all "
                "localities share"
            ) from None
        try:
            if not is_first_holder(x) or 0 in x.local_partition.shape:
                return
            block = x.local_partition.to_numpy()
            for at, part in pieces(held(x), x.shape, x.itemsize, _PIECE):
                _write_all(file, np.ascontiguousarray(block[part]), begin + at)
        finally:
            os.close(file)


def _save_local(name, path, x):
    with _explaining(name, path, "write"):
        path = os.path.realpath(path)
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            with open(path, "wb") as stream:  # a device or a pipe, which nothing replaces
                np.save(stream, x.to_numpy())
            return
        header = _header(x)
        temporary = _begin(path, header, x.nbytes)
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CLOEXEC)
            try:
                values = x.to_numpy()
                for at, part in (
                    pieces(whole_runs(x.shape), x.shape, x.itemsize, _PIECE) if x.size else ()
                ):
                    _write_all(file, np.ascontiguousarray(values[part]), len(header) + at)
            finally:
                os.close(file)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def _same_everywhere(name, told, what):
    for locality, each in enumerate(told):
        if each != told[0]:
            raise ValueError(
                f"{name}: {what} differ: locality 0 has {told[0]!r}, locality {locality} {each!r}"
            )


def _save_distributed(name, path, x):
    if not _in_long_ranges(x):
        x = _core.redistribute(x, "block", block_axis(x))
    _core.eval(x)
    header = _header(x)
    here = _core.locality_id()

    def begin():
        if here:
            return os.fsdecode(path), None
        with _explaining(name, path, "write"):
            real = os.path.realpath(path)
            return os.fsdecode(path), (_begin(real, header, x.nbytes), real)

    temporary = None
    try:
        told = at_all(begin)
        temporary, real = told[0][1]
        _same_everywhere(name, [where for where, _ in told], "paths")
        at_all(lambda: _write_block(name, temporary, path, x, len(header)))

        def replace():
            if here == 0:
                with _explaining(name, path, "replace"):
                    os.replace(temporary, real)

        at_all(replace)
    except BaseException:
        if here == 0 and temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise


def _save_played(x):
    """What localities tell each other, where `hpxpy plan` plays one and no file is written."""
    if x.distribution is None:
        return
    if not _in_long_ranges(x):
        x = _core.redistribute(x, "block", block_axis(x))
    _core.eval(x)
    for _ in range(3):
        at_all(lambda: None)


def save(file, arr, allow_pickle=True) -> None:
    """Writes an array to a file in NumPy's `.npy` format; '.npy' is added where the path lacks it.

    Of a distributed array, on any map, one file of the whole, which NumPy loads like any other:
    each locality writes its own ranges, so the path is on a file system that all share. A file that
    exists is replaced when everything is written, else stays as it was, and nothing half done is
    left. Of local arrays each locality writes its own, and `file` may be an open file as well.
    Nothing of ours needs pickling, whatever `allow_pickle` says. `hpxpy plan` writes no file.

    FileNotFoundError, PermissionError and other OSErrors (a full disk), the same on all localities,
    that name the one which met it; ValueError where localities give different paths.

    Example:
        >>> import os, tempfile
        >>> x = hpx.arange(6.0, distribution="block")
        >>> path = hpx.broadcast_object(os.path.join(tempfile.gettempdir(), f"x{os.getpid()}.npy"))
        >>> hpx.save(path, x)
        >>> hpx.load(path).tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]

    Communication: none of a local array. Of a distributed one three all-gathers of some 100 bytes
    and, where the ranges of a locality are shorter than 4096 bytes, one all-to-all before, of the
    elements whose owner changes, to even blocks.
    """
    x = as_array(arr)
    played = _core._is_played()
    if x.distribution is None and not isinstance(file, str | bytes | os.PathLike):
        if not played:
            np.save(file, x.to_numpy())
        return
    path = _with_suffix(_path("save", file))
    if played:
        _save_played(x)
        return
    (_save_local if x.distribution is None else _save_distributed)("save", path, x)


def _read_header(name, path, file):
    """Shape, whether in Fortran's order, dtype, and where the elements begin."""
    text = os.fsdecode(path)
    with os.fdopen(os.dup(file), "rb") as stream:
        try:
            version = npy.read_magic(stream)
            if version == (1, 0):
                shape, fortran, dtype = npy.read_array_header_1_0(stream)
            elif version == (2, 0):
                shape, fortran, dtype = npy.read_array_header_2_0(stream)
            else:
                raise ValueError(f"version {version} of the format is for fields with names")
        except ValueError as error:
            raise ValueError(f"{name}: {text} is not a .npy file of an array: {error}") from None
        begin = stream.tell()
    try:
        _core.empty(0, dtype=dtype.newbyteorder("="))
    except TypeError:
        raise TypeError(
            f"{name}: {text} holds elements of {dtype}, which hpxpy lacks; numpy.load reads it"
        ) from None
    need = begin + math.prod(shape) * dtype.itemsize
    have = os.fstat(file).st_size
    if have < need:
        raise ValueError(
            f"{name}: {text} is cut short: {have} bytes, and {dtype} of shape {shape} needs {need}"
        )
    return tuple(map(operator.index, shape)), fortran, dtype, begin


def _read_region(name, path, file, begin, runs, shape, dtype, block):
    """Fills `block`, a view of the region's memory, from a file of C order."""
    try:
        for at, part in pieces(runs, shape, dtype.itemsize, _PIECE):
            target = block[part]
            if target.dtype == dtype and target.flags.c_contiguous:
                _read_all(file, target, begin + at)
            else:
                piece = np.empty(target.shape, dtype)
                _read_all(file, piece, begin + at)
                target[...] = piece
    except EOFError:
        raise ValueError(f"{name}: {os.fsdecode(path)} was cut short while it was read") from None


def _opened(name, path):
    with _explaining(name, path, "read"):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if stat.S_ISDIR(os.fstat(file).st_mode):
            os.close(file)
            raise IsADirectoryError(errno.EISDIR, "")
        return file


def _load_distributed(name, path, place):
    file = None
    try:

        def open_and_read():
            nonlocal file
            file = _opened(name, path)
            return (os.fsdecode(path), *_read_header(name, path, file))

        told = at_all(open_and_read)
        _same_everywhere(name, told, "files")
        _, shape, fortran, dtype, begin = told[0]
        x = _core.empty(shape, dtype=dtype.newbyteorder("="), **place)
        if x.distribution is None:  # 0-d arrays, where the default asked for blocks
            return _load_whole(name, path, file, shape, fortran, dtype, begin)
        target = x if not fortran else x.T
        filled = target
        if not _in_long_ranges(target):
            axis = block_axis(target)
            filled = _core.empty(target.shape, dtype=x.dtype, distribution="block", axis=axis)

        def read():
            with _explaining(name, path, "read"):
                if 0 not in filled.local_partition.shape:
                    block = filled.local_partition.to_numpy()
                    _read_region(name, path, file, begin, held(filled), filled.shape, dtype, block)

        at_all(read)
        if filled is not target:
            target[...] = filled
        return x
    finally:
        if file is not None:
            os.close(file)


def _load_whole(name, path, file, shape, fortran, dtype, begin):
    x = _core.empty(shape, dtype=dtype.newbyteorder("="))
    block = x.to_numpy()
    block = block.T if fortran else block
    with _explaining(name, path, "read"):
        if x.size:
            _read_region(
                name, path, file, begin, whole_runs(block.shape), block.shape, dtype, block
            )
    return x


@creation
def load(file, mmap_mode=None, allow_pickle=False, **place):
    """The array of a `.npy` file; with a distribution each locality reads its part.

    `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`; the file may be of any
    map and number of localities, of NumPy, of Fortran's order or of the other byte order. With
    `mmap_mode` 'r', 'r+' or 'c' a local array shows the file itself, as numpy.load's does. `file`
    may be an open file where the array is local. Nothing is unpickled, whatever `allow_pickle`
    says.

    FileNotFoundError and other OSErrors, ValueError for what is no such file or is cut short,
    TypeError for a dtype that does not exist here: with a distribution the same on all localities.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.gettempdir(), f"y{os.getpid()}.npy")
        >>> hpx.save(path, hpx.asarray([[1, 2], [3, 4]]))
        >>> hpx.load(path)
        array([[1, 2],
               [3, 4]])

    Communication: none of a local array. With a distribution two all-gathers of some 100 bytes and,
    where the ranges of a locality are shorter than 4096 bytes, one all-to-all from even blocks.
    """
    dealt = is_dealt(place)
    if not isinstance(file, str | bytes | os.PathLike):
        if dealt:
            _path("load", file)
        return _core.asarray(np.load(file, mmap_mode=mmap_mode, allow_pickle=False))
    path = _path("load", file)
    if mmap_mode is not None:
        if mmap_mode not in ("r", "r+", "c"):
            raise ValueError(
                f"load: mmap_mode={mmap_mode!r} does not exist; choose 'r', 'r+' or 'c'"
            )
        if dealt:
            raise ValueError("load: mmap_mode cannot be met with a distribution; leave one out")
    if dealt:
        return _load_distributed("load", path, place)
    file = _opened("load", path)
    try:
        header = _read_header("load", path, file)
        if mmap_mode is None:
            return _load_whole("load", path, file, *header)
    finally:
        os.close(file)
    with _explaining("load", path, "read"):
        return _core.from_numpy(np.load(path, mmap_mode=mmap_mode), copy=False)
