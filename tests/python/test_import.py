"""What `import hpxpy` loads, and that all that it leaves for later is there when asked for."""

# SPDX-License-Identifier: BSL-1.0
import importlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import hpxpy as hpx
import pytest
from hpxpy import _core, _methods, _public

pytestmark = pytest.mark.local

OWN = {
    *("hpxpy", "hpxpy._core", "hpxpy._exit_code", "hpxpy._launch", "hpxpy._launch.launched"),
    *("hpxpy._methods", "hpxpy._public", "hpxpy._runtime"),
}
#: What no import of hpxpy may bring, with all that is in it.
HEAVY = (
    *("asyncio", "concurrent", "ctypes.util", "dataclasses", "difflib", "email", "hashlib", "html"),
    *("http", "json", "logging", "mpi4py", "multiprocessing", "random", "rich", "scipy", "secrets"),
    *("shutil", "socket", "ssl", "tempfile", "unittest", "urllib", "xml"),
)


def modules_after(program):
    """The modules that `program` loads beyond those of `import numpy`."""
    code = (
        "import json, sys, numpy\n"
        f"sys.path[:0] = {[str(Path(p).parent) for p in hpx.__path__]!r}\n"
        # What rebuilds an editable install at its import has modules of its own.
        "sys.meta_path[:] = [f for f in sys.meta_path if 'ScikitBuild' not in type(f).__name__]\n"
        "import importlib.util as util\n"
        f"spec = util.spec_from_file_location('hpxpy', {hpx.__file__!r}, "
        f"submodule_search_locations={[*hpx.__path__]!r})\n"
        "module = sys.modules['hpxpy'] = util.module_from_spec(spec)\n"
        "before = {*sys.modules} - {'hpxpy'}\n"
        "spec.loader.exec_module(module)\n"
        f"{program}\n"
        "print(json.dumps(sorted({*sys.modules} - before)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HPXPY_ENGINE": "local"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return {*json.loads(ended.stdout)}


def heavy_among(modules):
    return sorted(m for m in modules if any(m == h or m.startswith(f"{h}.") for h in HEAVY))


def test_import_loads_little():
    loaded = modules_after("")
    assert {m for m in loaded if m.startswith("hpxpy")} == OWN
    assert heavy_among(loaded) == []


def test_first_calls_load_little():
    program = "import hpxpy as hpx; float((hpx.sin(hpx.linspace(0, 1, 10)) + hpx.zeros(10)).sum())"
    loaded = modules_after(program)
    assert heavy_among(loaded) == []
    assert not {"hpxpy.linalg", "hpxpy.random", "hpxpy.fft", "hpxpy.launcher"} & loaded


def test_the_list_of_names_is_that_of_the_modules():
    listed = {name for names in _public.NAMES.values() for name in names.split()}
    listed.update(*(getattr(hpx, name).__all__ for name in _public.SUBMODULES))
    for path in Path(hpx.__file__).parent.glob("*.py"):
        if path.stem in ("__init__", "__main__"):
            continue
        module = importlib.import_module(f"hpxpy.{path.stem}")
        own, names = getattr(module, "__all__", None), _public.NAMES.get(path.stem, "").split()
        if own is None:
            assert all(hasattr(module, name) for name in names), path.stem
            continue
        assert {*names} <= {*own}, f"_public.py: {path.stem} lists none of these"
        missing = {*own} - listed if path.stem.startswith("_") else set()
        assert not missing, f"_public.py: of {path.stem} add {sorted(missing)}"


def test_every_name_is_there():
    assert {*hpx.__all__} <= {*dir(hpx)}
    for name in hpx.__all__:
        assert getattr(hpx, name) is getattr(hpx, name)
        assert not name.startswith("_") or name.endswith("__")
    for name in _public.SUBMODULES:
        assert getattr(hpx, name).__name__ == f"hpxpy.{name}"
    for names in _methods.METHODS.values():
        for name in names.split():
            assert type(getattr(hpx.ndarray, name.partition(":")[0])) is not _methods._Later
    space = {}
    exec("from hpxpy import *", space)
    assert {*hpx.__all__} <= {*space}


def test_names_that_do_not_exist():
    with pytest.raises(AttributeError, match="module 'hpxpy' has no attribute 'sinus'"):
        _ = hpx.sinus
    with pytest.raises(ImportError):
        exec("from hpxpy import sinus")
    with pytest.raises(AttributeError):
        hpx.ones(1).sort = 1
    late = _methods._Later("_manipulation", "ravel", "ravel")
    with pytest.raises(AttributeError, match="'ravel' is read-only"):
        late.__set__(hpx.ones(1), 1)


def test_functions_are_pickled_by_name():
    for name in ("sum", "sin", "concatenate", "concat", "zeros", "async_", "power", "pow"):
        assert pickle.loads(pickle.dumps(getattr(hpx, name))) is getattr(hpx, name)
    assert pickle.loads(pickle.dumps(hpx.add.reduce))(hpx.ones(3)) == 3


def test_methods_take_their_places():
    program = (
        "import hpxpy as hpx\n"
        "x = hpx.ones((2, 3))\n"
        "assert x.shape == (2, 3) and x.ravel().size == 6 and (x @ x.T).shape == (2, 2)\n"
        "x.shape = (3, 2)\n"
        "assert round(hpx.asarray(2.6)) == 3 and hash(hpx.asarray([2]).sum()) == 2\n"
        "import numpy as np\n"
        "assert type(np.sin(x)) is type(np.concatenate([x, x])) is hpx.ndarray"
    )
    assert {"hpxpy._manipulation", "hpxpy._protocols"} <= modules_after(program)
    assert _core.ndarray.ravel is hpx.ndarray.ravel
