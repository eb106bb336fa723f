"""List tasks, groups, modes and lenses; show how a tokenizer cuts their sequences.

Examples:
  snellen tasks
  snellen tasks --tokens bundled --tasks count_ones --lens none,joined,comma,nonwords --length 64
  lm-eval run --include_path "$(snellen tasks --path)" --tasks snellen_counting …
"""

from __future__ import annotations

import argparse
from collections.abc import Collection

from rich.markup import escape
from rich.table import Table

from ..errors import InputError
from ..tasks.lenses import LENSES, TERMS, find_lens
from ..tasks.lenses.permits import takers
from ..tasks.modes import MODES
from ..tasks.registry import GROUPS, TASKS
from ..tasks.yaml_files import yaml_folder
from .showing import wide_console

_EXAMPLES = {"effort": "effort:low", "temperature": "temperature:adaptive"}
"""Terms that are neither written alone nor with a number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen tasks``."""
    parser.add_argument(
        "--path", action="store_true", help="print the folder for lm-eval's --include_path"
    )
    group = parser.add_argument_group("how a tokenizer cuts the sequences")
    group.add_argument(
        "--tokens",
        metavar="MODEL",
        help="show how many tokens this model's tokenizer makes of an item",
    )
    group.add_argument(
        "--tasks", metavar="T[,T]", default="count_ones", help="default: %(default)s"
    )
    group.add_argument("--lens", default="none", help="one lens or several, separated by commas")
    group.add_argument("--length", type=int, default=32, help="in items (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Print the tasks, the folder of their YAML files, or their tokens."""
    if args.path:
        print(yaml_folder())
    elif args.tokens:
        _show_tokens(args)
    else:
        _list()
    return 0


def _list() -> None:
    console = wide_console()
    tasks = Table("task", "sequence; answer", "family", "modes", title="Tasks")
    for task in TASKS.values():
        tasks.add_row(task.name, task.summary, task.family, ", ".join(task.modes))
    groups = Table("group", "tasks", title="Groups")
    for name, members in GROUPS.items():
        groups.add_row(name, ", ".join(members))
    lenses = Table("lens", "what it does", "tasks that take it", title="Lenses")
    for term in TERMS.values():
        lenses.add_row(escape(term.written), term.summary, _who_takes(term.name))
    for lens in LENSES.plugged.values():
        lenses.add_row(lens.name, lens.summary, _named(takers(lens, list(TASKS.values()))))
    for table in (tasks, groups, lenses):
        console.print(table)
    console.print(
        "Combine lenses with +, as in comma:3+question_first; K is a number; :right counts groups "
        "from the end.\n"
        f"Modes: {', '.join(MODES)}. In lm-eval, names carry the prefix 'snellen_'."
    )


def _who_takes(term: str) -> str:
    """The tasks that take a term, with some parameter or without one."""
    able: set[str] = set()
    for spec in (term, f"{term}:3", _EXAMPLES.get(term, term)):
        try:
            able.update(takers(find_lens(spec), list(TASKS.values())))
        except InputError:  # not written so
            continue
    return _named(able)


def _named(able: Collection[str]) -> str:
    """Names of tasks in as few words as can be."""
    if len(able) == len(TASKS):
        return "all"
    others = [name for name, task in TASKS.items() if task.takes_lenses and name not in able]
    if len(others) < len(able):
        return ", ".join(["all but the paper's", *others])
    return ", ".join(name for name in TASKS if name in able)


def _show_tokens(args: argparse.Namespace) -> None:
    from ..exams.tokens import tokenised

    if args.length < 1:
        raise InputError(f"--length {args.length}: a length is 1 or more")
    tasks, lenses = ([w for w in text.split(",") if w.strip()] for text in (args.tasks, args.lens))
    table = Table(
        "task", "lens", "tokens", "per item", "fused", "split", "as the tokenizer cuts it",
        title=f"{args.length} items through the tokenizer of {args.tokens}",
    )  # fmt: skip
    for one in tokenised(args.tokens, tasks, lenses, args.length):
        table.add_row(
            one.task, one.lens, f"{one.tokens:g}", f"{one.per_item:.2f}", f"{one.fused:.0%}",
            f"{one.split:.0%}", escape(one.example),
        )  # fmt: skip
    console = wide_console()
    console.print(table)
    console.print(
        "fused: items that share a token with another; split: items of several tokens. │ divides "
        "tokens, · is a space, ↵ a line break."
    )
