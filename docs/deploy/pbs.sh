#!/bin/bash
# PBS: qsub docs/deploy/pbs.sh. hpxpy run starts one locality for each of mpiprocs, by ssh.
#PBS -N heat
#PBS -l select=2:ncpus=32:mpiprocs=4
#PBS -l walltime=01:00:00
set -euo pipefail
cd "${PBS_O_WORKDIR:-$PWD}"
source .venv/bin/activate
hpxpy run --threads 8 --bind core docs/examples/heat.py
