"""`hpxpy plan`: what a program would cost on many localities, told by playing some of them alone.

`command.py` reads the command line, `driver.py` plays localities, each in a process in which
`played.py` begins; `cost.py` predicts the time, `report.py` and `figure.py` show it.
"""
# SPDX-License-Identifier: BSL-1.0
