# How every target of ours is compiled. All trees (pip's, tests', benchmarks') use the same flags, so
# that ccache compiles each file once.
# SPDX-License-Identifier: BSL-1.0
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Optimisation belongs to the targets below; a build type only says whether assert and debug data stay.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo (with assert) or Debug" FORCE)
endif()
find_package(Threads REQUIRED)

find_program(HPXPY_CCACHE ccache)
if(HPXPY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # With debug data ccache would tell build folders apart; sources have absolute paths anyway.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1 "${HPXPY_CCACHE}")
endif()

# Loops of kernels: no errno from sqrt; no contraction, since a fused and an unfused expression must
# give the same bits. -fno-trapping-math is harmless: nothing here reads floating-point exception
# flags, and values stay as IEEE 754 says.
set(hpxpy_kernel_options -O3 -fno-math-errno -ffp-contract=off -fno-trapping-math)
set(hpxpy_sanitize_options "")
if(HPXPY_SANITIZE)
    set(hpxpy_sanitize_options -O1 -g1 -fno-omit-frame-pointer -fsanitize=${HPXPY_SANITIZE}
        -fno-sanitize-recover=all)
    # The vptr check needs type data of classes that live in other modules.
    if(HPXPY_SANITIZE MATCHES "undefined")
        list(APPEND hpxpy_sanitize_options -fno-sanitize=vptr)
    endif()
    add_link_options(-fsanitize=${HPXPY_SANITIZE})
endif()

# Sets what every target of ours needs: include root, warnings, flags.
function(hpxpy_compile target)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_compile_options(${target} PRIVATE -Wall -Wextra -ffp-contract=off ${ARGN}
                                             ${hpxpy_sanitize_options})
    if(HPXPY_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()
