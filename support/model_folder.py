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
    folder = Path(name).expanduser()
    if not (folder / "config.json").is_file():
        raise InputError(f"{name} is not a model folder: it holds no config.json")
    return folder
