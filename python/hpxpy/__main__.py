"""`python -m hpxpy` is the command `hpxpy`."""

# SPDX-License-Identifier: BSL-1.0
import sys

from .launcher import main

sys.exit(main())
