"""Packages that speak up where nothing is wrong."""

from __future__ import annotations

import logging


def hush_torchao() -> None:
    """Keep torchao, which transformers imports where it is installed, to what matters.

    It names every GPU kernel that a machine without that GPU cannot load, and torch one of its
    ways of registering a type.
    """
    for name in ("torchao", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)
