# The Python module hpxpy._core and its stub.
# SPDX-License-Identifier: BSL-1.0
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
                OUTPUT_VARIABLE nanobind_DIR OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
find_package(nanobind CONFIG REQUIRED)

nanobind_add_module(_core NB_STATIC NOMINSIZE NB_SUPPRESS_WARNINGS ${binding_sources})
hpxpy_compile(_core)
target_link_libraries(_core PRIVATE hpxpy_core)
target_compile_definitions(_core PRIVATE HPXPY_VERSION="${PROJECT_VERSION}")
hpxpy_installed_module(_core)

# Making the stub imports the module, so a module that does not load fails the build here. Under a
# sanitizer it cannot be imported without preloading, and nobody reads its stub.
if(NOT HPXPY_SANITIZE)
    nanobind_add_stub(_core_stub MODULE _core OUTPUT "${PROJECT_BINARY_DIR}/hpxpy/_core.pyi"
                      PYTHON_PATH "$<TARGET_FILE_DIR:_core>" DEPENDS _core)
    install(FILES "${PROJECT_BINARY_DIR}/hpxpy/_core.pyi" DESTINATION hpxpy)
endif()
