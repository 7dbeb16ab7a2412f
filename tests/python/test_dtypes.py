"""Data-type functions, and what the module says of itself to users of the array API."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES

pytestmark = pytest.mark.local


def test_result_type_is_that_of_operations():
    for a in DTYPES:
        for b in DTYPES:
            x, y = hpx.ones(2, dtype=a), hpx.ones(2, dtype=b)
            assert hpx.result_type(a, b) == hpx.result_type(x, y) == hpx.add(x, y).dtype
        for number in (True, 1, 1.5, 1j):
            x = hpx.ones(2, dtype=a)
            assert hpx.result_type(x, number) == hpx.multiply(x, number).dtype
    assert hpx.result_type(hpx.int8, np.uint8, hpx.ones(1, dtype="int8")) == np.int16
    with pytest.raises(ValueError, match="result_type: nothing given"):
        hpx.result_type()
    with pytest.raises(TypeError, match="result_type: 'nonsense' is not a dtype; choose one of"):
        hpx.result_type("nonsense")
    with pytest.raises(TypeError, match="is not a dtype"):
        hpx.result_type(np.float16)


def test_can_cast_is_numpys():
    for a in DTYPES:
        for b in DTYPES:
            assert hpx.can_cast(a, b) == np.can_cast(a, b)
            assert hpx.can_cast(hpx.ones(1, dtype=a), b, "same_kind") == np.can_cast(
                a, b, "same_kind"
            )


def test_isdtype():
    for dtype in DTYPES:
        assert hpx.isdtype(dtype, dtype.type)
        assert hpx.isdtype(dtype, "numeric") == (dtype.kind != "b")
        assert hpx.isdtype(dtype, ("bool", "integral")) == (dtype.kind in "biu")
        assert hpx.isdtype(dtype, "real floating") == (dtype.kind == "f")
        assert not hpx.isdtype(dtype, ())
    with pytest.raises(ValueError, match="isdtype: kind 'float' does not exist; choose of"):
        hpx.isdtype(hpx.float32, "float")


def test_limits():
    for dtype in ("float32", "float64", "complex64", "complex128"):
        info, expected = hpx.finfo(dtype), np.finfo(dtype)
        assert type(info.eps) is float
        assert info.dtype == expected.dtype
        for name in ("bits", "eps", "max", "min", "smallest_normal", "tiny", "resolution"):
            assert getattr(info, name) == getattr(expected, name)
    for dtype in DTYPES:
        if dtype.kind in "iu":
            info, expected = hpx.iinfo(hpx.ones(1, dtype=dtype)), np.iinfo(dtype)
            assert (info.bits, info.max, info.min) == (expected.bits, expected.max, expected.min)
    with pytest.raises(TypeError, match="finfo: int8 is no floating-point dtype"):
        hpx.finfo(hpx.int8)
    with pytest.raises(TypeError, match="iinfo: float32 is no integer dtype"):
        hpx.iinfo(hpx.float32)


def test_namespace():
    x = hpx.ones(3)
    assert x.__array_namespace__() is hpx
    assert x.__array_namespace__(api_version=hpx.__array_api_version__) is hpx
    with pytest.raises(ValueError, match=r"version '1999\.1' of the array API is not known"):
        x.__array_namespace__(api_version="1999.1")
    info = hpx.__array_namespace_info__()
    assert info.capabilities()["boolean indexing"] is True
    assert info.devices() == (info.default_device(),) == (x.device,)
    assert info.dtypes() == {dtype.name: dtype for dtype in DTYPES}
    assert set(info.dtypes(kind=("bool", "real floating"))) == {"bool", "float32", "float64"}
    for kind, dtype in info.default_dtypes(device="cpu").items():
        assert hpx.isdtype(dtype, "integral" if kind == "indexing" else kind)
    with pytest.raises(ValueError, match="dtypes: device 'gpu' does not exist; there is 'cpu'"):
        info.dtypes(device="gpu")


def test_device_and_transposes():
    x = hpx.asarray(np.arange(24).reshape(2, 3, 4))
    assert x.to_device(x.device) is x
    with pytest.raises(ValueError, match="to_device: device 'gpu' does not exist"):
        x.to_device("gpu")
    with pytest.raises(ValueError, match="to_device: stream 1 given"):
        x.to_device("cpu", stream=1)
    assert np.array_equal(x.mT.to_numpy(), x.to_numpy().mT)
    with pytest.raises(ValueError, match=r"mT: shape \(3,\) has no rows and columns"):
        hpx.ones(3).mT  # noqa: B018


def test_inspection_of_arrays_and_numbers():
    for x in (3, 2.5j, [[1, 2], [3, 4]], np.ones((2, 3)), np.float32(2)):
        for made in (x, hpx.asarray(x)):
            assert hpx.ndim(made) == np.ndim(x)
            assert hpx.shape(made) == np.shape(x)
            assert hpx.size(made) == np.size(x)
            assert hpx.iscomplexobj(made) == np.iscomplexobj(x)
            assert hpx.isrealobj(made) == np.isrealobj(x)
        assert hpx.isscalar(x) == np.isscalar(x)
    assert np.ndim(hpx.ones((2, 3))) == 2
    assert hpx.size(hpx.ones((2, 3)), axis=-1) == 3
    with pytest.raises(IndexError, match="size: axis 2 is out of range"):
        hpx.size(hpx.ones((2, 3)), 2)
    assert hpx.promote_types("int8", hpx.uint8) == np.int16
    with pytest.raises(TypeError, match="promote_types: 'x' is not a dtype"):
        hpx.promote_types("x", "int8")
