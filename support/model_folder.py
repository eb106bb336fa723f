"""A model given as a folder rather than by a name on a hub."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError


def model_folder(name: str | Path) -> Path | None:
    """The folder that a model's name means, or ``None`` where it means a name on a hub.

    Raises:
        InputError: it means a folder, and that holds no model.
    """
    if not str(name).startswith((".", "/", "~")):
        return None
    return check_model_folder(name)


def check_model_folder(folder: str | Path, hint: str = "") -> Path:
    """A folder with a model in Hugging Face's form.

    Args:
        folder: as the user wrote it; ``~`` is the home folder.
        hint: how to fix it, after the message.

    Raises:
        InputError: there is no such folder, or it holds no ``config.json``.
    """
    path = Path(folder).expanduser()
    if not (path / "config.json").is_file():
        why = "it holds no config.json" if path.is_dir() else "there is no such folder"
        raise InputError(f"{folder} is not a model folder: {why}{hint and '; '}{hint}")
    return path
