"""The command line: parse, hand over to the verb's own module, turn errors into exit codes.

0 done · 1 finished with failures named · 2 bad input, one line · 130 interrupted

``gate``: 0 PASS · 1 FAIL · 3 INCONCLUSIVE; ``compare``: 3 INCONCLUSIVE
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from .. import __version__
from ..errors import InputError, SnellenError

# A verb's module is imported only when the verb is used: `snellen tasks` pays for no torch.
VERBS: dict[str, str] = {
    "run": "ask a model tasks of growing length, write curves, histograms and a report",
    "report": "redraw the report of a run, or of a stock lm-eval run",
    "acuity": "measure L50, the length at which half of the answers are correct, adaptively",
    "leaderboard": "rank models that answered the same fixed set of questions",
    "plan": "say how many trials a comparison needs, and at which lengths; asks nothing",
    "compare": "compare two finished runs that asked the same questions",
    "gate": "does this deployment see as far as that one? exit code 0, 1 or 3",
    "sweep": "carry out a grid of runs from one plan, here or on a Ray cluster",
    "prescribe": "find out which lens restores a model's sight",
    "precision": "show what bfloat16, 8 and 4 bits, or a smaller cache do to a model's sight",
    "export": "write runs as Parquet, CSV, a dataset, inspect's logs or public records",
    "merge": "copy the answers of one run into another of the same plan",
    "tasks": "list tasks, groups, modes and lenses; --path for lm-eval's --include_path",
    "models": "list the kinds of models and what each needs",
    "probe": "look inside a model: collapse, decoding, sensitivity, the paper's figures",
    "lm-eval": "the stock lm-eval command, with Snellen's models registered",
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line and leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see '{self.prog} --help')\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _show_notices()
    verb = next((word for word in words if not word.startswith("-")), None)
    try:
        if verb not in VERBS or words[0] != verb:
            return _top(words)
        return _verb(verb, words[1:])
    except KeyboardInterrupt:
        print("snellen: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except SnellenError as error:
        print(f"snellen: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except OSError as error:
        print(f"snellen: {error}", file=sys.stderr)
        return 1


def _show_notices() -> None:
    """Let Snellen's own notices (a server that is starting, a chunk asked again) be seen."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("snellen: %(message)s"))
    logger = logging.getLogger("snellen")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


def _top(words: list[str]) -> int:
    lines = "\n".join(f"  {verb:<12} {summary}" for verb, summary in VERBS.items())
    parser = Parser(
        prog="snellen",
        description="An eye chart for language models.",
        epilog=f"commands:\n{lines}\n\n'snellen COMMAND --help' shows its options and an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"snellen {__version__}")
    parser.add_argument("command", choices=list(VERBS), metavar="COMMAND")
    parser.parse_args(words or ["--help"])
    return 0


def _verb(verb: str, words: list[str]) -> int:
    module = _module(verb)
    parser = parser_of(verb)
    if parser is None:
        return int(module.forward(words))
    return int(module.run(parser.parse_args(words)))


def parser_of(verb: str) -> argparse.ArgumentParser | None:
    """The parser of a verb; none for one that hands its words over to another command."""
    module = _module(verb)
    if hasattr(module, "forward"):
        return None
    parser = Parser(
        prog=f"snellen {verb}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return parser


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f".{verb.replace('-', '_')}", package=__package__)
