"""The options of each probe."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..probes.states.kinds import KINDS

_EXAMPLES = {
    "collapse": " --pairs count_ones,copy_commas --lengths log:1:256:9 --dtypes float32,bfloat16",
    "decoding": " --model bundled --lengths 1,4,16,64,256",
    "attention": " --model bundled --lengths 1,4,16,64,256",
    "sensitivity": " --pairs count_sampled --lengths 32,64",
    "link": " --run results/bundled/RUN",
    "paper": " --model bundled --longest 2001 --max-tokens all",
    "theory": "",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the probes, each with its options."""
    probes = parser.add_subparsers(dest="probe", required=True, metavar="PROBE")
    _collapse(
        _probe(
            probes,
            "collapse",
            "how far apart the states of n and n + 1 items are, by layer and dtype",
        )
    )
    _decoding(
        _probe(probes, "decoding", "is the count lost, unread or never there: can it be decoded")
    )
    _attention(
        _probe(
            probes,
            "attention",
            "how attention spreads with length, and how much the first token takes",
        )
    )
    _sensitivity(_probe(probes, "sensitivity", "how much the last state depends on each token"))
    _link(_probe(probes, "link", "how accuracy, margin and distance go together over a run"))
    _paper(_probe(probes, "paper", "every figure of the paper, and whether its claims held here"))
    theory = _probe(
        probes, "theory", "the paper's lemmas, propositions and synthetic figures, without a model"
    )
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
    parser.add_argument(
        "--out", type=Path, default=Path("results"), help="folder for results (default: results)"
    )
    return parser


def _model_arguments(
    parser: argparse.ArgumentParser, lengths: str, pairs: str, *, repetitions: bool = True
) -> None:
    others = ", ".join(name for name in KINDS if name not in pairs.split(","))
    parser.add_argument(
        "--model", default="bundled", help="bundled, hf/ORG/NAME or a folder (default: bundled)"
    )
    parser.add_argument(
        "--pairs", default=pairs, metavar="A,B", help=f"default: {pairs}; also: {others}"
    )
    parser.add_argument("--lengths", default=lengths, help=f"items n (default: {lengths})")
    if repetitions:
        parser.add_argument(
            "--repetitions", type=int, default=3, help="draws of random sequences (default: 3)"
        )
    parser.add_argument("--seed", type=int, default=0, help="seed of the draws (default: 0)")
    parser.add_argument(
        "--template",
        choices=("none", "chat"),
        default="none",
        help="none: the sequence ends the prompt, as in the paper; chat: the chat template does",
    )
    parser.add_argument(
        "--bos",
        choices=("auto", "yes", "no"),
        default="auto",
        help="begin with the beginning-of-sequence token (default: as the tokenizer does)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: auto)")


def _collapse(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "log:1:256:9", "count_ones,count_sampled,copy_ones,copy_commas")
    parser.add_argument(
        "--dtypes",
        default="float64,float32,bfloat16",
        help="default: float64,float32,bfloat16; also float16",
    )
    parser.add_argument(
        "--step", type=int, default=1, help="compare n with n + STEP items (default: 1)"
    )
    parser.add_argument(
        "--chunk",
        type=int,
        default=2048,
        help="at most this many tokens per forward call; less memory",
    )
    parser.add_argument("--base-url", help="for vllm/NAME: a running server, up to /v1")
    parser.add_argument(
        "--calls", type=int, default=4, help="through a server: calls per prompt (default: 4)"
    )


def _decoding(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "1,4,16,64,256", "count_ones,count_mixed", repetitions=False)
    parser.add_argument(
        "--dtypes",
        default="float64,bfloat16",
        help="default: float64,bfloat16; the most precise is the reference",
    )
    parser.add_argument(
        "--read-out", type=int, default=256, metavar="N", help="longest n to decode (default: 256)"
    )
    parser.add_argument(
        "--wordings", type=int, default=3, help="wordings of the question, 1 to 4 (default: 3)"
    )
    parser.add_argument(
        "--window", type=int, default=8, help="counts n per length, from it upwards (default: 8)"
    )
    parser.add_argument(
        "--routes",
        type=int,
        default=6,
        help="equivalent ways of computing a state, 2 to 12 (default: 6)",
    )
    parser.add_argument(
        "--chunk",
        type=int,
        default=2048,
        help="at most this many tokens per forward call; less memory",
    )


def _attention(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "1,4,16,64,256", "count_ones,count_sampled", repetitions=False)
    parser.add_argument("--dtype", default="float32", help="precision (default: float32)")


def _sensitivity(parser: argparse.ArgumentParser) -> None:
    _model_arguments(parser, "64", "count_ones,count_sampled")
    parser.add_argument("--probes", type=int, default=16, help="backward passes (default: 16)")
    parser.add_argument("--exact", action="store_true", help="compute the full Jacobian (slow)")


def _link(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="a run directory, or a trials.csv")
    parser.add_argument("--model", help="the model that the run asked (default: the run says)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: auto)")
    parser.add_argument("--dtype", default="float32", help="precision (default: float32)")
    parser.add_argument(
        "--raw",
        action="store_true",
        help="without a chat template (for a trials.csv; a run directory says so itself)",
    )


def _paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="bundled", help="bundled, hf/ORG/NAME or a folder")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: auto)")
    parser.add_argument(
        "--run", type=Path, help="a run of snellen_paper (default: made or resumed first)"
    )
    parser.add_argument(
        "--longest",
        type=int,
        default=501,
        help="longest sequence in Figures 5 and 12 (default: 501)",
    )
    parser.add_argument(
        "--seeds", type=int, default=20, help="draws for Figures 8 to 10 (default: 20)"
    )
    parser.add_argument(
        "--max-tokens",
        default="256",
        metavar="N",
        help="token limit of each answer in that run (default: 256); all: as in 'snellen run'",
    )
