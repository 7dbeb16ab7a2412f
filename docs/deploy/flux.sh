#!/bin/bash
# Flux: flux batch docs/deploy/flux.sh. hpxpy run starts a locality for each core; -n says fewer.
#flux: --job-name=heat
#flux: --nodes=2
#flux: --exclusive
#flux: --time-limit=1h
set -euo pipefail
source .venv/bin/activate
hpxpy run -n 8 docs/examples/heat.py
