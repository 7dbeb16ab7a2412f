#!/bin/bash
# Slurm: sbatch docs/deploy/slurm.sh. hpxpy run starts one locality for each task, by srun.
#SBATCH --job-name=heat
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --time=01:00:00
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-$PWD}"
source .venv/bin/activate
hpxpy run --threads "${SLURM_CPUS_PER_TASK:-1}" --bind core docs/examples/heat.py
