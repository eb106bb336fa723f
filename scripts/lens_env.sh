#!/usr/bin/env bash
# Build the environment that benchmarks/probe_lens.py compares in: scripts/lens_env.sh [DIR]
#
# TransformerLens brings an experiment tracker and more, which nobody who measures with Snellen
# should have to install. Here it gets the torch and transformers of constraints.txt, so that both
# sides run on the same kernels. Snellen comes without its dependencies: the probes' states need
# only what is named below. Idempotent: a finished environment is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.13.0
TRANSFORMER_LENS=4.3.0
dir=${1:-.venv-lens}
done_mark="$dir/.lens-torch-$TORCH-transformer-lens-$TRANSFORMER_LENS"

if [ -e "$done_mark" ]; then
    echo "$dir is ready"
    exit 0
fi

"${PYTHON:-python3.11}" -m venv "$dir"
python="$dir/bin/python"
"$python" -m pip install -q -c constraints.txt pip "torch==$TORCH"
"$python" -m pip install -q -c constraints.txt "transformer-lens==$TRANSFORMER_LENS" \
    accelerate filelock gguf numpy platformdirs safetensors sentencepiece transformers
"$python" -m pip install -q -c constraints.txt --no-deps -e .
"$python" -c '
import snellen.probes.states.last_token
from transformer_lens.model_bridge import TransformerBridge'
touch "$done_mark"
