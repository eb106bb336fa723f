"""Whether a folder holds a model."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError


def check_model_folder(folder: str | Path, hint: str = "") -> Path:
    """A folder with a model in Hugging Face's form.

    Args:
        folder: As the user wrote it; ``~`` is the home folder.
        hint: How to mend it, after the message.

    Raises:
        InputError: There is no such folder, or it holds no ``config.json``.
    """
    path = Path(folder).expanduser()
    if not (path / "config.json").is_file():
        why = "it holds no config.json" if path.is_dir() else "there is no such folder"
        raise InputError(f"{folder} is not a model folder: {why}{hint and '; '}{hint}")
    return path
