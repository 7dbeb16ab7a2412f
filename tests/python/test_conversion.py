"""To NumPy, Python, buffers, DLPack, pickles and text, and back."""

# SPDX-License-Identifier: BSL-1.0
import copy
import pickle

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, agree, assert_same, check_distributed, random_array, special_values


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_there_and_back(dtype, shape):
    x = random_array(shape, dtype)
    assert_same(hpx.from_numpy(np.asarray(x)), np.asarray(x))
    assert hpx.asarray(x).tolist() == np.asarray(x).tolist()


def test_to_numpy_shares_memory():
    x = hpx.zeros(5)
    seen = x.to_numpy()
    seen[2] = 7
    assert float(x[2]) == 7
    x[3] = 8
    assert seen[3] == 8
    assert np.shares_memory(seen, x[1:].to_numpy())


def test_writes_into_an_exported_array_do_not_change_results():
    x = hpx.asarray(random_array(5000))
    expected = x.to_numpy() * 2
    doubled = x * 2
    seen = x.to_numpy()
    seen[:] = 0
    assert_same(doubled, expected)
    later = x + 1
    seen[:] = 5
    assert_same(later, np.ones(5000))


def test_to_numpy_of_a_distributed_array_is_a_copy():
    x = hpx.zeros(9, distribution="block")
    x.to_numpy()[:] = 1
    check_distributed(x, np.zeros(9))


def test_from_numpy_copies():
    data = np.zeros(5)
    x = hpx.from_numpy(data)
    data[:] = 1
    assert_same(x, np.zeros(5))


@pytest.mark.parametrize("view", [np.s_[:], np.s_[::-2], np.s_[1:4]])
def test_from_numpy_shares(view):
    data = np.arange(10.0)
    x = hpx.from_numpy(data[view], copy=False)
    assert_same(x, data[view])
    data[:] = 7
    assert_same(x, data[view])
    x[0] = 9
    assert data[view][0] == 9


def test_expressions_on_shared_memory_are_evaluated_at_once():
    data = np.ones(5000)
    x = hpx.from_numpy(data, copy=False)
    result = x * 2 + 1
    data[:] = 0
    assert_same(result, np.full(5000, 3.0))


def test_sharing_keeps_the_memory():
    x = hpx.from_numpy(np.arange(5000.0), copy=False)
    assert_same(x + 0, np.arange(5000.0))


def test_sharing_refuses_what_it_cannot():
    with pytest.raises(ValueError, match="float32 cannot be shared as float64"):
        hpx.from_numpy(np.zeros(3, "float32"), dtype="float64", copy=False)
    with pytest.raises(ValueError, match="copy=False cannot be met with a distribution"):
        hpx.from_numpy(np.zeros(3), copy=False, distribution="block")
    record = np.zeros(4, np.dtype([("a", "i1"), ("b", "<f8")]))
    with pytest.raises(ValueError, match="cannot be shared"):
        hpx.from_numpy(record["b"], copy=False)
    with pytest.raises(TypeError, match="is no NumPy array"):
        hpx.from_numpy([1, 2])


def test_read_only_stays_read_only():
    data = np.arange(3.0)
    data.flags.writeable = False
    x = hpx.from_numpy(data, copy=False)
    assert not x.writeable
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        x += 1
    assert not x.to_numpy().flags.writeable
    assert_same(x, np.arange(3.0))


def test_big_endian_and_strange_dtypes():
    assert_same(hpx.from_numpy(np.arange(3, dtype=">f8")), np.arange(3.0))
    for bad in (
        np.array(["a"]),
        np.zeros(2, "float16"),
        np.array([object()]),
        np.zeros(2, "M8[s]"),
    ):
        with pytest.raises(TypeError, match="is not supported; choose bool, int8"):
            hpx.asarray(bad)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_buffer_protocol(dtype):
    x = random_array((3, 4), dtype)
    view = memoryview(hpx.asarray(x))
    assert view.shape == (3, 4)
    assert view.itemsize == dtype.itemsize
    assert not view.readonly
    assert_same(np.asarray(view), x)
    assert_same(np.asarray(memoryview(hpx.asarray(x).T)), x.T)
    assert bytes(memoryview(hpx.asarray(x))) == x.tobytes()


def test_binary_files_take_arrays(tmp_path):
    x = hpx.arange(6)
    path = tmp_path / "data"
    with path.open("wb") as file:
        file.write(x)
        with pytest.raises(BufferError, match=r"not contiguous; copy\(\)"):
            file.write(x[::2])
    assert_same(np.fromfile(path, "int64"), np.arange(6))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dlpack_to_numpy(dtype):
    x = random_array((3, 4), dtype)
    array = hpx.asarray(x)
    seen = np.from_dlpack(array)
    assert_same(seen, x)
    assert np.shares_memory(seen, array.to_numpy())
    assert array.__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dlpack_from_numpy(dtype):
    x = random_array((3, 4), dtype)
    shared = hpx.from_dlpack(x)
    assert_same(shared, x)
    assert np.shares_memory(shared.to_numpy(), x)
    copied = hpx.from_dlpack(x, copy=True)
    assert not np.shares_memory(copied.to_numpy(), x)
    assert_same(copied, x)


def test_array_protocol():
    x = hpx.asarray([1.0, 2.5])
    assert_same(np.asarray(x), np.array([1.0, 2.5]))
    assert np.shares_memory(np.asarray(x), x.to_numpy())
    assert not np.shares_memory(np.array(x, copy=True), x.to_numpy())
    assert_same(np.asarray(x, dtype="int32"), np.array([1, 2], "int32"))
    with pytest.raises(ValueError, match="copy"):
        np.asarray(x, dtype="int32", copy=False)


def test_distributed_arrays_never_gather_silently():
    x = hpx.zeros(6, distribution="block")
    names = r"to_numpy\(\).*gather\(\).*local_partition"
    with pytest.raises(TypeError, match=names):
        np.asarray(x)
    if hpx.num_localities() > 1:
        with pytest.raises(BufferError, match=names):
            x.__dlpack__()
    with pytest.raises((BufferError, TypeError), match=names):
        memoryview(x)
    assert x.tolist() == [0.0] * 6  # which asks for it
    with pytest.raises(TypeError, match=r"distributed.*local_partition"):
        pickle.dumps(x)


@pytest.mark.skipif(hpx.num_localities() > 1, reason="one locality has all elements")
@pytest.mark.parametrize("distribution", ["block", "cyclic"])
def test_the_only_locality_shares_distributed_arrays(distribution):
    x = hpx.arange(12.0, distribution=distribution)
    for array, expected in ((x, np.arange(12.0)), (x[10:2:-3], np.arange(12.0)[10:2:-3])):
        seen = np.from_dlpack(array)
        assert_same(seen, expected)
        seen[0] = 7.5
        assert float(array[0]) == 7.5
        array[0] = expected[0]
        assert seen[0] == expected[0]
    assert_same(np.from_dlpack(x * 2 + 1), np.arange(12.0) * 2 + 1)  # recorded until then
    copied = np.from_dlpack(x, copy=True)
    copied[0] = 7.5
    assert float(x[0]) == 0


def test_numbers():
    assert float(hpx.asarray([2.5])[0]) == 2.5
    assert int(hpx.asarray(3.7)) == 3
    assert complex(hpx.asarray(2.0)) == 2
    assert complex(hpx.asarray(1 + 2j)) == 1 + 2j
    assert bool(hpx.asarray([0.0])) is False
    assert bool(hpx.asarray(2)) is True
    assert hpx.asarray([[7]]).item() == 7
    assert isinstance(hpx.asarray(7).item(), int)
    assert isinstance(hpx.asarray(True).item(), bool)
    assert [10, 20, 30][hpx.asarray([2])[0]] == 30
    assert hpx.asarray(2**64 - 1, dtype="uint64").item() == 2**64 - 1
    assert list(range(hpx.asarray(3))) == [0, 1, 2]


def test_more_than_one_element_is_no_number():
    x = hpx.asarray([1, 2])
    for convert in (float, int, complex, hpx.ndarray.item):
        with pytest.raises((ValueError, TypeError), match=r"\(2,\)"):
            convert(x)
    with pytest.raises(ValueError, match=r"\(2,\) is ambiguous; use any\(\) or all\(\)"):
        bool(x)
    with pytest.raises(TypeError, match="float64"):
        [1][hpx.asarray(0.0)]
    with pytest.raises(TypeError, match="complex"):
        float(hpx.asarray(1j))
    with pytest.raises(TypeError, match="complex"):
        int(hpx.asarray(1j))


@pytest.mark.parametrize("source", DTYPES, ids=str)
def test_astype(source):
    x = np.resize(random_array(50, source), 5000)
    if source.kind in "fc":
        x = x * 10
    for target in DTYPES:
        expected = np.abs(x).astype(target)
        assert_same(hpx.asarray(np.abs(x)).astype(target), expected)
        if target.kind != "u" and source.kind != "c":
            assert_same(hpx.asarray(x[:7]).astype(target), x[:7].astype(target))
            assert_same(hpx.astype(hpx.asarray(x), target), x.astype(target))


@pytest.mark.parametrize("source", [d for d in DTYPES if d.kind in "iu"], ids=str)
def test_integers_wrap_when_narrowed(source):
    x = np.resize(special_values(source), 3000)
    for target in DTYPES:
        assert_same(hpx.asarray(x).astype(target), x.astype(target))
        assert_same(hpx.asarray(x[:20]).astype(target), x[:20].astype(target))


@pytest.mark.parametrize("target", [d for d in DTYPES if d.kind in "iu"], ids=str)
@pytest.mark.parametrize("source", ["float32", "float64"])
@pytest.mark.parametrize("size", [7, 5000])
def test_floats_out_of_range_give_the_nearest(source, target, size):
    x = np.resize(np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 1.9, -0.9], source), size)
    info = np.iinfo(target)
    expected = np.array([0, info.max, info.min, info.max, info.min, 1, 0], object)
    got = hpx.asarray(x).astype(target)
    assert_same(got, np.resize(expected, size).astype(target))


def test_astype_without_copy():
    x = hpx.zeros(3)
    assert x.astype("float64", copy=False) is x
    assert x.astype("float64") is not x


def test_copies_are_independent():
    x = hpx.asarray([[1.0, 2.0], [3.0, 4.0]])
    for made in (x.copy(), copy.copy(x), copy.deepcopy(x), hpx.copy(x), hpx.array(x)):
        made[0, 0] = 9
        assert float(x[0, 0]) == 1
    y = hpx.asarray(np.arange(10.0), distribution="block")
    z = y.copy()
    z[...] = 0
    check_distributed(y, np.arange(10.0))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol):
    for x in (hpx.asarray(3), hpx.arange(5) * 2, hpx.asarray(random_array((3, 4)))[::2, ::-1]):
        again = pickle.loads(pickle.dumps(x, protocol))
        assert type(again) is hpx.ndarray
        assert_same(again, x.to_numpy())


TEXTS = [
    np.array(5),
    np.array(2.5),
    np.arange(5),
    np.array([1.5, np.nan, np.inf]),
    np.arange(6).reshape(2, 3),
    np.arange(5000),
    np.zeros((0, 3)),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.arange(3, dtype="float32"),
]


@pytest.mark.parametrize("x", TEXTS, ids=lambda x: f"{x.dtype}{x.shape}")
def test_text_is_numpys(x):
    array = hpx.asarray(x)
    assert str(array) == str(x)
    assert repr(array) == repr(x)
    assert f"{array}" == f"{x}"


def test_format_of_numbers():
    x = hpx.asarray([1.25, 2.5])
    assert f"{x.sum():.3f}" == "3.750"
    assert f"{x[0]:8.1e}" == " 1.2e+00"
    assert f"{hpx.asarray(255):x}" == "ff"
    with pytest.raises(TypeError, match=r"\.3f"):
        f"{x:.3f}"


def test_text_of_distributed_arrays_does_not_communicate():
    x = hpx.arange(10, distribution="block")
    # On one locality only: nobody waits for the others.
    text = repr(x) if hpx.locality_id() == 0 else ""
    problem = ""
    if hpx.locality_id() == 0:
        for part in ("shape=(10,)", "dtype=int64", "block along axis 0: 0:", "locality 0"):
            if part not in text:
                problem = f"{part} is not in {text}"
    agree(problem)


def test_iteration_and_length():
    x = np.arange(6).reshape(2, 3)
    rows = list(hpx.asarray(x))
    assert len(rows) == len(hpx.asarray(x)) == 2
    assert_same(rows[1], x[1])
    assert [int(v) for v in hpx.arange(3)] == [0, 1, 2]
    for function in (iter, len):
        with pytest.raises(TypeError, match="0-d"):
            function(hpx.asarray(1))


def test_attributes():
    x = hpx.zeros((3, 4), dtype="int16")
    assert (x.shape, x.ndim, x.size, x.itemsize, x.nbytes) == ((3, 4), 2, 12, 2, 24)
    assert x.strides == (8, 2)
    assert x.T.strides == (2, 8)
    assert x.device == "cpu"
    assert x.writeable
    assert x.dtype is np.dtype("int16")
    assert hpx.float32 is np.float32
