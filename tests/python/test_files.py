"""Arrays in files of NumPy's format: any map on either side, the same errors everywhere."""

# SPDX-License-Identifier: BSL-1.0
import errno
import io
import os
import resource
import shutil
import tempfile
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, LAYOUTS, PLANES, agree, assert_same, check, random_array

pytestmark = pytest.mark.distributed
N, ME = hpx.num_localities(), hpx.locality_id()


@pytest.fixture
def folder():
    """One folder for all localities, removed at the end."""
    path = Path(hpx.broadcast_object(tempfile.mkdtemp() if ME == 0 else None))
    yield path
    hpx.barrier()
    if ME == 0:
        shutil.rmtree(path)


def raised(call):
    """What a call raised here, which is the same everywhere."""
    with pytest.raises(Exception) as caught:
        call()
    error = caught.value
    told = hpx.all_gather_object((type(error), str(error)))
    assert told == [told[0]] * N, told
    return error


VIEWS = {
    "all": np.s_[...],
    "backwards": np.s_[::-1],
    "every other": np.s_[1::2],
    "one": np.s_[3:4],
    "none": np.s_[:0],
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("layout", PLANES)
def test_any_map_is_written_and_read(folder, layout, view):
    if layout == "block_cyclic" and view == "every other":
        pytest.skip("steps that no stride follows raise, as documented")
    for shape in ((23, 11), (23, 700)):
        x = random_array(shape)
        a = hpx.asarray(x, **PLANES[layout])[VIEWS[view]]
        x = x[VIEWS[view]]
        for array, expected in ((a, x), (a.T, x.T)):
            hpx.save(folder / "x", array)
            assert_same(np.load(folder / "x.npy"), expected)
            for place in ({}, *(PLANES.values() if view == "all" else [PLANES["columns"]])):
                check(hpx.load(folder / "x.npy", **place), expected)
            hpx.barrier()
        assert sorted(os.listdir(folder)) == ["x.npy"]
        hpx.barrier()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 5000])
def test_vectors(folder, layout, n):
    x = np.arange(n) ** 2
    hpx.save(folder / "v.npy", hpx.asarray(x, **LAYOUTS[layout]))
    assert_same(np.load(folder / "v.npy"), x)
    for place in LAYOUTS.values():
        check(hpx.load(folder / "v.npy", **place), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_order(folder, dtype):
    x = random_array((6, 5, 4), dtype)
    for written in (x, np.asfortranarray(x), x.astype(x.dtype.newbyteorder(">"))):
        if ME == 0:
            np.save(folder / "x.npy", written)
        hpx.barrier()
        check(hpx.load(folder / "x.npy"), x)
        for axis in range(3):
            check(hpx.load(folder / "x.npy", distribution="block", axis=axis), x)
            check(hpx.load(folder / "x.npy", distribution="cyclic", axis=axis), x)
        hpx.barrier()
    hpx.save(folder / "y.npy", hpx.asarray(x, distribution="block", axis=1))
    assert_same(np.load(folder / "y.npy"), x)


def test_local_arrays(folder):
    own = folder / str(ME)
    own.mkdir()
    for x in (np.float64(3.5), np.arange(6.0), np.arange(24).reshape(2, 3, 4).T):
        hpx.save(own / "x", hpx.asarray(x))
        assert_same(np.load(own / "x.npy"), np.asarray(x))
        assert_same(hpx.load(str(own / "x.npy")), np.asarray(x))
    np.save(own / "x.npy", np.arange(5))
    shown = hpx.load(own / "x.npy", mmap_mode="r+")
    shown[2] = 7
    del shown
    assert hpx.load(own / "x.npy", mmap_mode="r").tolist() == [0, 1, 7, 3, 4]
    stream = io.BytesIO()
    hpx.save(stream, hpx.arange(3))
    stream.seek(0)
    assert hpx.load(stream).tolist() == [0, 1, 2]
    np.save(own / "y", hpx.arange(3))
    assert np.load(own / "y.npy").tolist() == [0, 1, 2]
    assert {p.name for p in own.iterdir()} == {"x.npy", "y.npy"}


def test_numpys_save_of_our_arrays(folder):
    np.save(folder / "x", hpx.arange(10, distribution="cyclic"))
    check(hpx.load(folder / "x.npy", distribution="block"), np.arange(10))


def test_devices_are_written_to():
    assert hpx.load(io.BytesIO(npy(np.arange(3)))).tolist() == [0, 1, 2]
    link = Path(tempfile.mkdtemp()) / "null.npy"
    link.symlink_to(os.devnull)
    hpx.save(link, hpx.arange(3))
    assert link.is_char_device()
    shutil.rmtree(link.parent)


def test_the_default_distribution_holds(folder):
    hpx.save(folder / "x.npy", hpx.arange(10, distribution="block"))
    hpx.save(folder / f"{ME}.npy", hpx.asarray(2.5))
    with hpx.set_default_distribution("block"):
        check(hpx.load(folder / "x.npy"), np.arange(10))
        assert hpx.load(folder / "x.npy").distribution == "block"
        assert hpx.load(folder / "x.npy", distribution=None).distribution is None
    like = hpx.load(folder / "x.npy", like=hpx.zeros(10, distribution="cyclic"))
    assert like.distribution == "cyclic"


def test_what_cannot_be_read(folder):
    path = folder / "x.npy"
    load = lambda **keywords: hpx.load(path, distribution="block", **keywords)  # noqa: E731
    error = raised(load)
    assert isinstance(error, FileNotFoundError) and error.errno == errno.ENOENT
    assert "load: " in str(error) and str(path) in str(error)
    with pytest.raises(FileNotFoundError, match=r"load: .*cannot read"):
        hpx.load(path)
    hpx.barrier()
    x = np.arange(3000.0)
    for content, kind, text in (
        (b"no array", ValueError, "is not a .npy file"),
        (b"", ValueError, "is not a .npy file"),
        (npy(x)[:-1], ValueError, "is cut short: 24127 bytes, and float64 of shape .* needs 24128"),
        (npy(x.astype(np.float16)), TypeError, "holds elements of float16"),
        (npy(np.zeros(2, "U3")), TypeError, "which hpxpy lacks"),
        (npy(np.zeros(2, "i4,f8")), TypeError, "which hpxpy lacks"),
    ):
        if ME == 0:
            path.write_bytes(content)
        hpx.barrier()
        error = raised(load)
        assert isinstance(error, kind), error
        with pytest.raises(kind, match=text):
            hpx.load(path)
        hpx.barrier()
    if ME == 0:
        path.write_bytes(npy(x))
    hpx.barrier()
    assert isinstance(raised(lambda: load(axis=3)), np.exceptions.AxisError)
    with pytest.raises(ValueError, match="mmap_mode cannot be met with a distribution"):
        load(mmap_mode="r")
    with pytest.raises(ValueError, match="mmap_mode='w' does not exist"):
        hpx.load(path, mmap_mode="w")
    with pytest.raises(TypeError, match="is not a path"):
        hpx.load(io.BytesIO(), distribution="block")
    with pytest.raises(TypeError, match="is not a path"):
        hpx.save(io.BytesIO(), hpx.ones(4, distribution="block"))
    check(load(), x)


def npy(x):
    stream = io.BytesIO()
    np.save(stream, x)
    return stream.getvalue()


def test_one_locality_that_lacks_the_file(folder):
    if N == 1:
        pytest.skip("one locality has what it has")
    path = folder / "x.npy"
    hpx.save(path, hpx.arange(9.0, distribution="block"))
    error = raised(lambda: hpx.load(path if ME != 1 else str(path) + "x", distribution="block"))
    assert isinstance(error, FileNotFoundError) and "locality 1 cannot read" in str(error)
    error = raised(lambda: hpx.save(f"{path}{ME}", hpx.ones(4, distribution="block")))
    assert isinstance(error, ValueError) and "save: paths differ" in str(error)
    assert os.listdir(folder) == ["x.npy"]
    check(hpx.load(path, distribution="block"), np.arange(9.0))


def test_a_file_stays_as_it_was_where_a_new_one_fails(folder):
    path = folder / "x.npy"
    hpx.save(path, hpx.arange(9.0, distribution="block"))
    large = hpx.ones(200_000, distribution="block")
    for name in ("block", "cyclic"):
        x = hpx.redistribute(large, name)
        with limited_files(100_000):
            error = raised(lambda x=x: hpx.save(path, x))
        assert isinstance(error, OSError) and error.errno == errno.EFBIG
        assert "save: " in str(error)
        assert os.listdir(folder) == ["x.npy"]
        check(hpx.load(path, distribution="block"), np.arange(9.0))
    error = raised(lambda: hpx.save(folder / "none" / "x", large))
    assert isinstance(error, FileNotFoundError) and error.errno == errno.ENOENT
    error = raised(lambda: hpx.save(folder / "folder.npy", large)) if make(folder) else None
    assert isinstance(error, IsADirectoryError)
    hpx.save(path, large)
    check(hpx.load(path, distribution="block"), np.ones(200_000))


def make(folder):
    if ME == 0:
        (folder / "folder.npy").mkdir()
    hpx.barrier()
    return True


class limited_files:
    """Files grow up to so many bytes and no further, as on a full disk."""

    def __init__(self, size):
        self._size = size

    def __enter__(self):
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._before[1]))

    def __exit__(self, *error):
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


def test_a_full_disk(folder):
    """A file system of 1 MB, where one may be mounted."""
    place = folder / "small"
    if ME == 0:
        place.mkdir()
        mounted = os.system(f"mount -t tmpfs -o size=1m none {place} 2> /dev/null") == 0
    if not hpx.broadcast_object(mounted if ME == 0 else None):
        pytest.skip("nothing may be mounted here")
    try:
        hpx.save(place / "x", hpx.arange(9.0, distribution="block"))
        error = raised(lambda: hpx.save(place / "x", hpx.ones(200_000, distribution="block")))
        assert isinstance(error, OSError) and error.errno == errno.ENOSPC
        assert os.listdir(place) == ["x.npy"]
        check(hpx.load(place / "x.npy", distribution="block"), np.arange(9.0))
    finally:
        hpx.barrier()
        if ME == 0:
            os.system(f"umount {place}")


def test_links_and_rights_stay(folder):
    path, link = folder / "x.npy", folder / "link.npy"
    if ME == 0:
        np.save(path, np.zeros(2))
        path.chmod(0o640)
        link.symlink_to("x.npy")
    hpx.barrier()
    hpx.save(link, hpx.arange(9.0, distribution="block"))
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    check(hpx.load(path, distribution="block"), np.arange(9.0))


def test_long_ranges_are_not_moved_first(folder):
    a = hpx.asarray(np.arange(12_000.0).reshape(12, 1000), distribution="block")
    kinds = ("/hpxpy/messages/redistribute", "/hpxpy/messages/gather")
    before = [hpx.counters.get(kind) for kind in kinds]
    hpx.save(folder / "x", a)
    hpx.load(folder / "x.npy", distribution="cyclic")
    sent = [hpx.counters.get(kind) for kind in kinds] != before
    agree("something moved" if sent else "")
    hpx.save(folder / "x", hpx.redistribute(a, "cyclic", axis=1))
    check(hpx.load(folder / "x.npy", distribution="block"), np.arange(12_000.0).reshape(12, 1000))
