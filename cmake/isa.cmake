# Kernels: each src/kernels/*.isa.cpp is compiled once for every instruction set, with HPXPY_ISA as the
# name that it puts its functions under. The core is told which sets exist.
# SPDX-License-Identifier: BSL-1.0
set(isa_names baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND isa_names avx2 avx512)
endif()
set(isa_options_baseline "")
set(isa_options_avx2 -mavx2 -mfma -mbmi2)
set(isa_options_avx512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mbmi2
    -mprefer-vector-width=512)

foreach(isa IN LISTS isa_names)
    string(TOUPPER ${isa} upper)
    if(NOT isa STREQUAL "baseline")
        target_compile_definitions(hpxpy_core PUBLIC HPXPY_HAVE_${upper}=1)
    endif()
    if(isa_sources)
        add_library(hpxpy_kernels_${isa} OBJECT ${isa_sources})
        hpxpy_compile(hpxpy_kernels_${isa} ${hpxpy_kernel_options} ${isa_options_${isa}})
        target_compile_definitions(hpxpy_kernels_${isa} PRIVATE HPXPY_ISA=${isa})
        target_sources(hpxpy_core PRIVATE $<TARGET_OBJECTS:hpxpy_kernels_${isa}>)
    endif()
endforeach()
