"""``snellen``: one sub-command per module, one exit-code rule for all.

0 done, 1 finished with failures named, 2 bad input (one line), 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..errors import SnellenError

# Verb -> one line of help. The module cli/<verb>.py (dashes as underscores) is imported only
# when its verb is used, so that `snellen tasks` does not pay for plotting or torch.
VERBS: dict[str, str] = {}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line and leave with exit code 2."""
        self.exit(2, f"snellen: {message} (try '{self.prog} --help')\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(prog="snellen", description=__doc__)
    parser.add_argument("--version", action="version", version=f"snellen {__version__}")
    return 0
