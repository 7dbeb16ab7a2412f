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

# Making the stubs imports the package, so a module that does not load fails the build here. Under a
# sanitizer it cannot be imported without preloading, and nobody reads its stubs. An editable install
# has them beside the sources, where type checkers look.
if(NOT HPXPY_SANITIZE)
    set(package "${CMAKE_CURRENT_SOURCE_DIR}/python/hpxpy")
    set(stubs "${PROJECT_BINARY_DIR}/stubs")
    if("${SKBUILD_STATE}" STREQUAL "editable")
        set(stubs "${package}")
    endif()
    file(GLOB_RECURSE package_sources CONFIGURE_DEPENDS "${package}/*.py")
    add_custom_command(
        OUTPUT "${stubs}/__init__.pyi"
        COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/cmake/stubs.py" "${package}"
                "$<TARGET_FILE_DIR:_core>" "${stubs}"
        DEPENDS _core ${package_sources} "${CMAKE_CURRENT_SOURCE_DIR}/cmake/stubs.py"
                "${CMAKE_CURRENT_SOURCE_DIR}/cmake/stub_types.py"
        COMMENT "Writing stubs" VERBATIM)
    add_custom_target(stubs ALL DEPENDS "${stubs}/__init__.pyi")
    if(NOT stubs STREQUAL package)
        install(DIRECTORY "${stubs}/" DESTINATION hpxpy FILES_MATCHING PATTERN "*.pyi")
    endif()
endif()
