#!/bin/bash
# Slurm, with srun as the launcher: PMI-2, since the MPICH of the wheel does not speak PMIx.
#SBATCH --job-name=heat
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --time=01:00:00
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-$PWD}"
source .venv/bin/activate
export HPXPY_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
srun --mpi=pmi2 --cpus-per-task="$HPXPY_NUM_THREADS" python docs/examples/heat.py
