# Finds a Python interpreter and, through its wheels' metadata, oneTBB, OpenBLAS and MPICH.
# Sets hpxpy::tbb, hpxpy_tbb_include, hpxpy_openblas_include, hpxpy_openblas_folder, and hpxpy_mpi_header, hpxpy_mpi_library, hpxpy_mpiexec.
# SPDX-License-Identifier: BSL-1.0
if(NOT DEFINED Python_EXECUTABLE AND NOT DEFINED SKBUILD
   AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
    set(Python_EXECUTABLE "${PROJECT_SOURCE_DIR}/.venv/bin/python")
endif()
if(HPXPY_PYTHON)
    find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
else()
    find_package(Python 3.10 REQUIRED COMPONENTS Interpreter)
endif()

execute_process(COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/find_wheels.py"
                OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
cmake_language(EVAL CODE "${found}")

if(NOT hpxpy_tbb_header OR NOT hpxpy_tbb_library)
    message(FATAL_ERROR "oneTBB is not installed for ${Python_EXECUTABLE}; "
                        "run: ${Python_EXECUTABLE} -m pip install tbb tbb-devel")
endif()
string(REGEX REPLACE "/oneapi/tbb/version\\.h$" "" hpxpy_tbb_include "${hpxpy_tbb_header}")
add_library(hpxpy::tbb SHARED IMPORTED)
set_target_properties(hpxpy::tbb PROPERTIES IMPORTED_LOCATION "${hpxpy_tbb_library}"
                                            IMPORTED_SONAME libtbb.so.12)

if(NOT hpxpy_openblas_header OR NOT hpxpy_openblas_library)
    message(FATAL_ERROR "OpenBLAS is not installed for ${Python_EXECUTABLE}; "
                        "run: ${Python_EXECUTABLE} -m pip install scipy-openblas64")
endif()
get_filename_component(hpxpy_openblas_include "${hpxpy_openblas_header}" DIRECTORY)
get_filename_component(hpxpy_openblas_folder "${hpxpy_openblas_library}" DIRECTORY)
# What runs where it was built opens it there.
list(APPEND CMAKE_BUILD_RPATH "${hpxpy_openblas_folder}")

# The folders where an installed module finds libtbb.so.12 and libmpi.so.12, seen from
# <prefix>/lib/python3.x/site-packages/hpxpy: a virtual environment, --user and --prefix. OpenBLAS's wheel
# keeps its library within its own package, beside ours.
set(hpxpy_runpath "$ORIGIN" "$ORIGIN/../../.." "$ORIGIN/../../../../lib" "$ORIGIN/../lib"
                  "$ORIGIN/../scipy_openblas64/lib")
if(HPXPY_EXTRA_RUNPATH OR SKBUILD_STATE STREQUAL "editable")
    # The package is not installed beside the wheels.
    list(APPEND hpxpy_runpath "${hpxpy_openblas_folder}")
endif()
list(APPEND hpxpy_runpath ${HPXPY_EXTRA_RUNPATH})
if(SKBUILD_STATE STREQUAL "editable")
    execute_process(
        COMMAND "${Python_EXECUTABLE}" -c "import sysconfig; print(sysconfig.get_path('data'))"
        OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND hpxpy_runpath "${prefix}/lib")
endif()

# Sets the RUNPATH of a module that is installed into the package, further folders given last.
function(hpxpy_installed_module target)
    set_target_properties(
        ${target} PROPERTIES INSTALL_RPATH "${hpxpy_runpath};${ARGN}"
                             LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/hpxpy")
    # RUNPATH rather than RPATH, so that LD_LIBRARY_PATH can choose a cluster's MPI.
    target_link_options(${target} PRIVATE -Wl,--enable-new-dtags)
    install(TARGETS ${target} LIBRARY DESTINATION hpxpy)
endfunction()
