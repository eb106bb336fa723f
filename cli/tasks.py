"""List tasks, groups, modes and lenses.

Examples:
  snellen tasks
  lm-eval run --include_path "$(snellen tasks --path)" --tasks snellen_counting …
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..tasks.lenses import LENSES, TERMS
from ..tasks.modes import MODES
from ..tasks.registry import GROUPS, TASKS
from ..tasks.yaml_files import yaml_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen tasks``."""
    parser.add_argument(
        "--path", action="store_true", help="print the folder for lm-eval's --include_path"
    )


def run(args: argparse.Namespace) -> int:
    """Print the tasks, or the folder of their YAML files."""
    if args.path:
        print(yaml_folder())
        return 0
    console = Console()
    tasks = Table("task", "sequence; answer", "family", "modes", title="Tasks")
    for task in TASKS.values():
        tasks.add_row(task.name, task.summary, task.family, ", ".join(task.modes))
    groups = Table("group", "tasks", title="Groups")
    for name, members in GROUPS.items():
        groups.add_row(name, ", ".join(members))
    lenses = Table("lens", "what it does", title="Lenses")
    for term in TERMS.values():
        lenses.add_row(escape(term.written), term.summary)
    for lens in LENSES.plugged.values():
        lenses.add_row(lens.name, lens.summary)
    for table in (tasks, groups, lenses):
        console.print(table)
    console.print(f"Modes: {', '.join(MODES)}. In lm-eval, names carry the prefix 'snellen_'.")
    return 0
