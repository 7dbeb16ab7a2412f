# Fails if an object compiled for one instruction set offers a shared inline function. The linker
# keeps one copy of such a function for the whole program, and that may be the one with AVX-512 in
# it, which then runs on machines without. A function named under HPXPY_ISA, or templated over one,
# is safe.
# Arguments: nm, then the objects. Called by ctest.
# SPDX-License-Identifier: BSL-1.0
import re
import subprocess
import sys

shared = []
nm, *objects = sys.argv[1:]
for path in objects:
    isa = re.search(r"hpxpy_kernels_(\w+)\.dir", path).group(1)
    listing = subprocess.run(
        [nm, "--demangle", "--defined-only", path], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        kind, name = line[17:].split(" ", 1)
        if kind == "W" and not re.search(rf"\b{isa}::", name):
            shared.append(f"{path}: {name}")

if shared:
    sys.exit("Shared inline functions in objects of one instruction set:\n" + "\n".join(shared))
print(f"{len(objects)} objects, no shared inline function")
