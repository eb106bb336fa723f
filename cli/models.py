"""List the kinds of models and what each needs.

Example:
  snellen models
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from ..runners.registry import kinds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``snellen models`` takes no options."""


def run(args: argparse.Namespace) -> int:
    """Print the kinds of model."""
    table = Table("model", "what it is")
    for kind in kinds().values():
        table.add_row(kind.pattern, kind.summary)
    Console().print(table)
    return 0
