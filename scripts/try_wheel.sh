#!/usr/bin/env bash
# Build wheel and sdist, check them, and try the wheel as a newcomer would:
#   scripts/try_wheel.sh [PYTHON…]          (default: $PYTHON, or python3.11)
#
# For each Python, the extras that a first run needs are installed from the built wheel, each in an
# environment of its own, and used from an empty folder: the core redraws the reference run, without
# torch; [openai] and [gemini] refuse a missing key in one line; [local] runs the bundled model. Of
# the others pip is asked whether it finds a set of versions that fit together. The core is also
# installed from the sdist.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rm -rf dist
"${PYTHON:-python3.11}" -m venv "$scratch/build"
"$scratch/build/bin/python" -m pip install -q build twine
"$scratch/build/bin/python" -m build -q
"$scratch/build/bin/python" -m twine check --strict dist/*
wheel=$(echo "$root"/dist/*.whl)
sdist=$(echo "$root"/dist/*.tar.gz)

# fresh PYTHON NAME EXTRAS: an environment with the wheel, in $bin; stands in an empty folder
fresh() {
    bin="$scratch/$2/bin"
    "$1" -m venv "$scratch/$2"
    "$bin/python" -m pip install -q -c "$root/constraints.txt" "$wheel$3"
    mkdir "$scratch/$2/empty" && cd "$scratch/$2/empty"
}

# refused COMMAND…: exits 2, after one line
refused() {
    local said status=0
    said=$("$@" 2>&1) || status=$?
    [ "$status" = 2 ] && [ "$(wc -l <<<"$said")" = 1 ] || { echo "$* -> $status: $said" >&2; exit 1; }
}

for python in "${@:-${PYTHON:-python3.11}}"; do
    "$python" --version
    fresh "$python" core ""
    "$bin/snellen" --version
    "$bin/snellen" tasks >tasks.txt
    cp -r "$root/results/reference/float32" run && "$bin/snellen" report run >report.txt && test -s run/report.html
    "$bin/python" -c 'import importlib.util as u; assert u.find_spec("torch") is None'
    "$bin/python" -m pip install -q --no-deps --force-reinstall "$sdist"
    "$bin/snellen" models >models.txt
    for extra in quantized inspect ray trackio wandb vllm; do
        echo "resolving [$extra]"
        "$bin/python" -m pip install -q --dry-run --ignore-installed "$wheel[$extra]"
    done
    for name in openai gemini; do
        fresh "$python" "$name" "[$name]"
        refused env -u OPENAI_API_KEY -u GEMINI_API_KEY -u GOOGLE_API_KEY \
            "$bin/snellen" run --model "$name/some-model" --tasks copy_last --dry-run
    done
    fresh "$python" local "[local]"
    "$bin/snellen" run --model bundled --tasks copy_last --mode fewshot --lengths 1,2 --trials 1
    test -s results/*/*/report.html
    cd "$scratch" && rm -rf core openai gemini local
done
echo "wheel and sdist are good: dist/"
