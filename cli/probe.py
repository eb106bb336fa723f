"""Look inside a model: collapse, decoding, over-squashing, and the paper's theory.

Examples:
  snellen probe collapse --model bundled --pairs count_ones,copy_commas --lengths log:1:256:9
  snellen probe decoding --model bundled --lengths 1,4,16,64,256
  snellen probe sensitivity --model bundled --lengths 64
  snellen probe link --run results/bundled/RUN
  snellen probe collapse --model vllm/NAME --base-url http://127.0.0.1:8000/v1
  snellen probe theory
  snellen probe paper --model bundled
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import InputError
from ..probes.states.kinds import find_kind
from ..tasks.lengths import parse_lengths
from .probe_bar import ProbeBar
from .probe_options import add_arguments

__all__ = ["add_arguments", "run"]

if TYPE_CHECKING:
    from ..probes.collapse.rows import CollapsePlan
    from ..probes.result import ProbeResult
    from ..probes.sensitivity.measure import SensitivityPlan
    from ..probes.served.measure import ServedPlan


def run(args: argparse.Namespace) -> int:
    """Run one probe and show what it found."""
    for name in ("repetitions", "step", "chunk", "wordings"):
        if getattr(args, name, 1) < 1:
            raise InputError(f"--{name} {getattr(args, name)}: must be 1 or more")
    try:
        with ProbeBar() as bar:
            result = _PROBES[args.probe](args, bar)
    except KeyboardInterrupt:
        print(
            "snellen: interrupted; what was finished is kept\n"
            f"to resume: {shlex.join(['snellen', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        return 130
    # A code: that of the run which the probe needs, and which was not finished.
    return result if isinstance(result, int) else _report(result)


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


def _run_decoding(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.decoding.probe import probe_decoding
    from ..probes.decoding.prompts import DecodingPlan

    plan = DecodingPlan(
        kinds=_kinds(args),
        lengths=parse_lengths(args.lengths),
        dtypes=tuple(args.dtypes.split(",")),
        read_out=args.read_out,
        wordings=args.wordings,
        window=args.window,
        routes=args.routes,
        seed=args.seed,
        template=args.template,
        bos=_bos(args),
        chunk=args.chunk,
    )
    return probe_decoding(args.model, plan, out=args.out, device=args.device, progress=bar)


def _run_attention(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.attention.measure import AttentionPlan
    from ..probes.attention.probe import probe_attention

    plan = AttentionPlan(
        kinds=_kinds(args),
        lengths=parse_lengths(args.lengths),
        seed=args.seed,
        bos=_bos(args),
        dtype=args.dtype,
    )
    return probe_attention(args.model, plan, out=args.out, device=args.device, progress=bar)


def _run_sensitivity(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.sensitivity.probe import probe_sensitivity

    return probe_sensitivity(
        args.model, _sensitivity_plan(args), out=args.out, device=args.device, progress=bar
    )


def _run_theory(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.theory.probe import probe_theory

    return probe_theory(args.seeds, out=args.out, progress=bar)


def _run_link(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult:
    from ..probes.link.probe import probe_link
    from ..store.pairing import load_run

    trials, chat = args.run, not args.raw
    if args.run.is_dir():
        plan = load_run(args.run).manifest.plan
        trials, chat = args.run / "trials.csv", plan.chat
        args.model = args.model or plan.model
    if args.model is None:
        raise InputError("--run is not a run directory: say with --model which model was asked")
    return probe_link(
        args.model, trials, dtype=args.dtype, chat=chat, out=args.out, device=args.device,
        progress=bar,
    )  # fmt: skip


def _run_paper(args: argparse.Namespace, bar: ProbeBar) -> ProbeResult | int:
    from ..probes.paper.probe import probe_paper
    from ..reports.paper.published import published
    from ..store.pairing import load_run
    from ..store.run_directory import folder_name
    from ..store.trials import read_trials
    from .main import main

    where = args.run
    if where is None:
        if args.max_tokens != "all" and not (args.max_tokens.isdecimal() and int(args.max_tokens)):
            raise InputError(f"--max-tokens {args.max_tokens}: give a number of tokens, or all")
        # The limit is in the run's name: answers of another limit are another run.
        limited = [] if args.max_tokens == "all" else ["--max-tokens", args.max_tokens]
        name = "-".join(["paper", *limited[1:]])
        where = args.out / folder_name(args.model) / name
        words = ["run", "--model", args.model, "--tasks", "snellen_paper", "--run-id", name]
        words += ["--mode", "direct,cot,cot_fewshot", "--out", str(args.out), *limited]
        if (code := main(words)) != 0:
            return code
    run = load_run(where) if where.is_dir() else None
    trials = run.trials if run else read_trials(where)
    return probe_paper(
        args.model, trials, published, manifest=run.manifest if run else None,
        longest=args.longest, seeds=args.seeds, out=args.out, device=args.device, progress=bar,
    )  # fmt: skip


def _kinds(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(find_kind(name).name for name in args.pairs.split(","))


def _bos(args: argparse.Namespace) -> bool | None:
    return {"auto": None, "yes": True, "no": False}[args.bos]


def _collapse_plan(args: argparse.Namespace) -> CollapsePlan:
    from ..probes.collapse.rows import CollapsePlan

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
    for line in result.notes:
        print(line)
    print(f"\n{result.folder}")
    for line in (*result.warnings, *result.failures):
        print(f"snellen: {line}", file=sys.stderr)
    return 1 if result.failures else 0


_PROBES: dict[str, Callable[[argparse.Namespace, ProbeBar], ProbeResult | int]] = {
    "collapse": _run_collapse,
    "decoding": _run_decoding,
    "attention": _run_attention,
    "sensitivity": _run_sensitivity,
    "link": _run_link,
    "paper": _run_paper,
    "theory": _run_theory,
}
