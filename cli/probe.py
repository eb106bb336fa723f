"""Look inside a model: collapse, over-squashing, and the paper's theory, with a null band.

Examples:
  snellen probe collapse --model bundled --pairs count_ones,copy_commas --lengths log:1:256:9
  snellen probe sensitivity --model bundled --lengths 64
  snellen probe link --run results/bundled/RUN
  snellen probe collapse --model vllm/NAME --base-url http://127.0.0.1:8000/v1
  snellen probe theory
  snellen probe paper --model bundled
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..probes.states.pairs import KINDS
from ..tasks.lengths import parse_lengths

if TYPE_CHECKING:
    from ..probes.collapse.measure import CollapsePlan
    from ..probes.commands import ProbeResult
    from ..probes.sensitivity.measure import SensitivityPlan
    from ..probes.served.measure import ServedPlan
    from ..probes.states.pairs import Kind
    from ..probes.states.subject import Subject


_EXAMPLES = {
    "collapse": " --pairs count_ones,copy_commas --lengths log:1:256:9 --dtypes float32,bfloat16",
    "sensitivity": " --pairs count_sampled --lengths 32,64",
    "link": " --run results/bundled/RUN",
    "paper": " --model bundled --longest 2001",
    "theory": "",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the probes, each with its options."""
    probes = parser.add_subparsers(dest="probe", required=True, metavar="PROBE")
    _collapse(_probe(probes, "collapse", "how far apart n and n + 1 items are, by layer and dtype"))
    _sensitivity(_probe(probes, "sensitivity", "how much the last state depends on each token"))
    _link(_probe(probes, "link", "accuracy, margin and distance over the prompts of a run"))
    _paper(_probe(probes, "paper", "every figure of the paper, and whether its claims held here"))
    theory = _probe(probes, "theory", "the paper's lemmas, propositions and synthetic figures")
    theory.add_argument("--seeds", type=int, default=20, help="draws per point (default: 20)")


def _probe(
    probes: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = probes.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: snellen probe {name}{_EXAMPLES[name]}",
    )
    parser.add_argument("--out", type=Path, default=Path("results"), help="default: results")
    return parser


def _model_arguments(parser: argparse.ArgumentParser, lengths: str, pairs: str) -> None:
    others = ", ".join(name for name in KINDS if name not in pairs.split(","))
    parser.add_argument(
        "--model", default="bundled", help="bundled, hf/ORG/NAME or a folder (default: bundled)"
    )
    parser.add_argument(
        "--pairs", default=pairs, metavar="A,B", help=f"default: {pairs}; also: {others}"
    )
    parser.add_argument("--lengths", default=lengths, help=f"items n (default: {lengths})")
    parser.add_argument(
        "--repetitions", type=int, default=3, help="draws of random sequences (default: 3)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")
    parser.add_argument(
        "--template",
        choices=("none", "chat"),
        default="none",
        help="none: the sequence ends the prompt, as in the paper; chat: the chat template closes",
    )
    parser.add_argument("--bos", choices=("auto", "yes", "no"), default="auto")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: auto)")


def _collapse(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "log:1:256:9", "count_ones,count_sampled,copy_ones,copy_commas")
    parser.add_argument(
        "--dtypes",
        default="float64,float32,bfloat16",
        help="default: float64,float32,bfloat16; float16 as well",
    )
    parser.add_argument("--step", type=int, default=1, help="n against n + STEP (default: 1)")
    parser.add_argument(
        "--chunk", type=int, default=2048, help="most tokens per forward call; lowers the peak"
    )
    parser.add_argument("--base-url", help="for vllm/NAME: a running server, up to /v1")
    parser.add_argument(
        "--calls", type=int, default=4, help="through a server: calls per prompt (default: 4)"
    )


def _sensitivity(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "64", "count_ones,count_sampled")
    parser.add_argument("--probes", type=int, default=16, help="backward passes (default: 16)")
    parser.add_argument("--exact", action="store_true", help="the full Jacobian (slow)")


def _link(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="a run directory, or a trials.csv")
    parser.add_argument("--model", help="the model that the run asked (default: the run says)")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument(
        "--raw", action="store_true", help="no chat template (a run directory says so itself)"
    )


def _paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="bundled", help="bundled, hf/ORG/NAME or a folder")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--run", type=Path, help="a run of snellen_paper (default: made, or gone on with, first)"
    )
    parser.add_argument(
        "--longest", type=int, default=501, help="most items in Figures 5 and 12 (default: 501)"
    )
    parser.add_argument("--seeds", type=int, default=20, help="draws of Figures 8 to 10")
    parser.add_argument("--max-tokens", help="limit of each answer of that run (see snellen run)")


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen probe``."""
    from ..probes import commands as runs

    if args.probe == "theory":
        return _report(runs.run_theory(args.out, args.seeds))
    if args.probe == "link":
        return _link_run(args)
    if args.probe == "paper":
        return _draw_paper(args)
    for name in ("repetitions", "step", "chunk"):
        if getattr(args, name, 1) < 1:
            raise InputError(f"--{name} {getattr(args, name)}: must be 1 or more")
    if args.probe == "sensitivity":
        return _report(
            runs.run_sensitivity(_subject(args), _sensitivity_plan(args), args.out, _say)
        )
    if args.model.startswith("vllm/"):
        if args.base_url is None:
            raise InputError(f"{args.model} needs a running server: give --base-url URL/v1")
        return _report(
            runs.run_served(args.model, args.base_url, _served_plan(args), args.out, _say)
        )
    return _report(runs.run_collapse(_subject(args), _collapse_plan(args), args.out, _say))


def _link_run(args: argparse.Namespace) -> int:
    from ..probes.commands import run_link
    from ..store.run_directory import find_run

    trials, chat = args.run, not args.raw
    if args.run.is_dir():
        run_directory = find_run(args.run)
        plan = run_directory.manifest.plan
        trials, chat = run_directory.trials_path, plan.chat
        args.model = args.model or plan.model
    if args.model is None:
        raise InputError("--run is not a run directory: say with --model which model was asked")
    return _report(
        run_link(_subject(args), trials, args.out, dtype=args.dtype, chat=chat, progress=_say)
    )


def _draw_paper(args: argparse.Namespace) -> int:
    from ..probes.paper.page import run_paper
    from ..reports.paper.published import published
    from ..store.run_directory import folder_name
    from ..store.trials import read_trials
    from .main import main

    where = args.run
    if where is None:
        where = args.out / folder_name(args.model) / "paper"
        words = ["run", "--model", args.model, "--tasks", "snellen_paper", "--run-id", "paper"]
        words += ["--mode", "direct,cot,cot_fewshot", "--out", str(args.out)]
        code = main([*words, *(["--max-tokens", args.max_tokens] if args.max_tokens else [])])
        if code != 0:
            return code
    trials = read_trials(where / "trials.csv" if where.is_dir() else where)
    return _report(
        run_paper(
            _subject(args), trials, published, args.out,
            longest=args.longest, seeds=args.seeds, progress=_say,
        )
    )  # fmt: skip


def _subject(args: argparse.Namespace) -> Subject:
    from ..probes.states.subject import open_subject

    return open_subject(args.model, args.device)


def _kinds(args: argparse.Namespace) -> tuple[Kind, ...]:
    from ..probes.states.pairs import find_kind

    return tuple(find_kind(name) for name in args.pairs.split(","))


def _bos(args: argparse.Namespace) -> bool | None:
    return {"auto": None, "yes": True, "no": False}[args.bos]


def _collapse_plan(args: argparse.Namespace) -> CollapsePlan:
    from ..probes.collapse.measure import CollapsePlan

    return CollapsePlan(
        kinds=_kinds(args),
        lengths=parse_lengths(args.lengths),
        dtypes=tuple(args.dtypes.split(",")),
        step=args.step,
        repetitions=args.repetitions,
        seed=args.seed,
        template=args.template,
        bos=_bos(args),
        chunk=args.chunk,
    )


def _served_plan(args: argparse.Namespace) -> ServedPlan:
    from ..probes.served.measure import ServedPlan

    return ServedPlan(
        kinds=_kinds(args),
        lengths=parse_lengths(args.lengths),
        step=args.step,
        repetitions=args.repetitions,
        seed=args.seed,
        calls=args.calls,
    )


def _sensitivity_plan(args: argparse.Namespace) -> SensitivityPlan:
    from ..probes.sensitivity.measure import SensitivityPlan

    return SensitivityPlan(
        kinds=_kinds(args),
        lengths=parse_lengths(args.lengths),
        probes=0 if args.exact else args.probes,
        repetitions=args.repetitions,
        seed=args.seed,
        template=args.template,
        bos=_bos(args),
    )


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _report(result: ProbeResult) -> int:
    """Print what was found and where it is; 1 when a part had to be left out."""
    print(result.summary.to_string(index=False))
    print(f"\n{result.folder}")
    for failure in result.failures:
        print(f"snellen: {failure}", file=sys.stderr)
    return 1 if result.failures else 0
