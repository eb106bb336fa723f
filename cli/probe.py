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
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..probes.states.pairs import KINDS, find_kind
from ..tasks.lengths import parse_lengths
from .probe_bar import ProbeBar

if TYPE_CHECKING:
    from ..probes.collapse.measure import CollapsePlan
    from ..probes.result import ProbeResult
    from ..probes.sensitivity.measure import SensitivityPlan
    from ..probes.served.measure import ServedPlan


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
    """Run one probe and show what it found."""
    for name in ("repetitions", "step", "chunk", "wordings"):
        if getattr(args, name, 1) < 1:
            raise InputError(f"--{name} {getattr(args, name)}: must be 1 or more")
    with ProbeBar() as bar:
        result = _PROBES[args.probe](args, bar)
    if result is None:  # the run that the probe needs was not finished
        return 1
    return _report(result)


def _run_collapse(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.collapse.probe import probe_collapse
    from ..probes.served.probe import probe_served_collapse

    if args.model.startswith("vllm/"):
        if args.base_url is None:
            raise InputError(f"{args.model} needs a running server: give --base-url URL/v1")
        return probe_served_collapse(
            args.model, args.base_url, _served_plan(args), out=args.out, progress=bar
        )
    return probe_collapse(
        args.model, _collapse_plan(args), out=args.out, device=args.device, progress=bar
    )


def _run_sensitivity(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.sensitivity.probe import probe_sensitivity

    return probe_sensitivity(
        args.model, _sensitivity_plan(args), out=args.out, device=args.device, progress=bar
    )


def _run_theory(args: argparse.Namespace, _: ProbeBar) -> ProbeResult:
    from ..probes.theory.probe import probe_theory

    return probe_theory(args.seeds, out=args.out)


def _run_link(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.link.probe import probe_link
    from ..store.run_directory import find_run

    trials, chat = args.run, not args.raw
    if args.run.is_dir():
        run_directory = find_run(args.run)
        plan = run_directory.manifest.plan
        trials, chat = run_directory.trials_path, plan.chat
        args.model = args.model or plan.model
    if args.model is None:
        raise InputError("--run is not a run directory: say with --model which model was asked")
    return probe_link(
        args.model, trials, dtype=args.dtype, chat=chat, out=args.out, device=args.device,
        progress=bar,
    )  # fmt: skip


def _run_paper(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult | None:
    from ..probes.paper.probe import probe_paper
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
            return None
    trials = read_trials(where / "trials.csv" if where.is_dir() else where)
    return probe_paper(
        args.model, trials, published, longest=args.longest, seeds=args.seeds, out=args.out,
        device=args.device, progress=bar,
    )  # fmt: skip


def _kinds(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(find_kind(name).name for name in args.pairs.split(","))


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


def _report(result: ProbeResult) -> int:
    """Print what was found and where it is; 1 when a part had to be left out."""
    print(result.summary.to_string(index=False))
    print(f"\n{result.folder}")
    for line in (*result.warnings, *result.failures):
        print(f"snellen: {line}", file=sys.stderr)
    return 1 if result.failures else 0


_PROBES: dict[str, Callable[[argparse.Namespace, ProbeBar], ProbeResult | None]] = {
    "collapse": _run_collapse,
    "sensitivity": _run_sensitivity,
    "link": _run_link,
    "paper": _run_paper,
    "theory": _run_theory,
}
