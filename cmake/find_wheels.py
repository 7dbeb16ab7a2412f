# Prints where the wheels mpich, tbb, tbb-devel and scipy-openblas64 keep their headers and
# libraries, as CMake `set` lines; a wheel that is missing prints nothing. Called by wheels.cmake.
# SPDX-License-Identifier: BSL-1.0
import importlib.metadata
import os

WANTED = {
    "hpxpy_mpi_header": ("mpich", "include/mpi.h"),
    "hpxpy_mpi_library": ("mpich", "lib/libmpi.so.12"),
    "hpxpy_mpiexec": ("mpich", "bin/mpiexec"),
    "hpxpy_tbb_header": ("tbb-devel", "include/oneapi/tbb/version.h"),
    "hpxpy_tbb_library": ("tbb", "lib/libtbb.so.12"),
    "hpxpy_openblas_header": ("scipy-openblas64", "include/cblas.h"),
    "hpxpy_openblas_library": ("scipy-openblas64", "lib/libscipy_openblas64_.so"),
}

for variable, (distribution, ending) in WANTED.items():
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        continue
    for file in files:
        # Metadata paths go up from site-packages ("../../../include/mpi.h"), so locate first.
        path = os.path.realpath(file.locate())
        if path.endswith("/" + ending):
            print(f'set({variable} "{path}")')
            break
