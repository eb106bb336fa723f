"""Every decoder that transformers knows, tiny and random, under every probe.

    python benchmarks/decoder_families [--write] [--only llama,mamba] [--keep FILE]

States along every route are held against plain float64 forwards. ``--write`` puts the table into
docs/families.md. ``--keep`` keeps every finished family in a file (JSON lines), finds it there the
next time, and with ``--write`` writes all that it holds: so the table can be made in several goes.
Exit code 1 where a probe ends in a traceback or a state is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
import transformers
from checks import Family, check_family
from tokens import character_tokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

PAGE = Path(__file__).parents[2] / "docs" / "families.md"
MARKS = ("<!-- families -->", "<!-- /families -->")
HUGE = {
    "blt": "its byte patcher is a second model",
    "phi4_multimodal": "its vision and audio towers come with it",
}
"""Families of which no small model can be made."""


def main() -> int:
    """Check the families, print a line each, and write the page where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    tokenizer = character_tokenizer()
    kinds = arguments.only.split(",") if arguments.only else list(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    found = _kept(arguments.keep)
    for kind in kinds:
        if kind in HUGE or kind in found:
            continue
        family = found[kind] = check_family(kind, tokenizer)
        if arguments.keep:
            with arguments.keep.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(family._asdict()) + "\n")
        print(" | ".join(_cells(family)) or family, flush=True)
    broken = [family for family in found.values() if family.broken]
    if arguments.write:
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        PAGE.write_text(
            f"{before}{MARKS[0]}\n{page(found.values())}{MARKS[1]}{after}", encoding="utf-8"
        )
    return 1 if broken else 0


def _kept(path: Path | None) -> dict[str, Family]:
    """Families that an earlier go has finished, by name."""
    if path is None or not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["kind"]: Family(**row) for row in rows}


def _cells(family: Family) -> list[str]:
    if family.refused or family.broken:
        return [family.kind, f"BROKEN: {family.broken}" if family.broken else family.refused]
    return [
        family.kind, family.computed, f"{family.worst:.0e}", str(family.routes),
        *family.probes.values(),
    ]  # fmt: skip


def page(found: Iterable[Family]) -> str:
    """The tables of docs/families.md."""
    families = sorted(found, key=lambda family: family.kind)
    read = [f for f in families if f.computed and not f.broken]
    encoders = [f for f in families if "encoder" in f.refused or "decoder-only" in f.refused]
    others = [f for f in families if (f.refused or f.broken) and f not in encoders]
    lines = [
        f"transformers {transformers.__version__}: {len(read)} families are read, "
        f"{len(encoders)} are no decoders, {len(others)} are refused.",
        "",
        "| family | prompts computed | routes | worst error | collapse | decoding | attention "
        "| sensitivity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for family in read:
        cells = [_short(text) for text in family.probes.values()]
        lines.append(
            f"| {family.kind} | {family.computed} | {family.routes} | {family.worst:.0e} | "
            f"{' | '.join(cells)} |"
        )
    notes = sorted(
        {text.removeprefix("no: ") for f in read for text in f.probes.values() if "no: " in text}
    )
    if notes:
        lines += ["", "Where a probe does not measure, it says why:", ""]
        lines += [f"* {note}" for note in notes]
    lines += ["", "| refused | the line |", "|---|---|"]
    lines += [f"| {f.kind} | {f.refused or 'DEFECT: ' + f.broken} |" for f in others]
    lines += [f"| {kind} | not tried: {why} |" for kind, why in HUGE.items()]
    names = ", ".join(f.kind for f in encoders)
    lines += ["", f"No decoder-only models, and refused as such: {names}.", ""]
    return "\n".join(lines)


def _short(text: str) -> str:
    return "no" if text.startswith("no: ") else text


if __name__ == "__main__":
    sys.exit(main())
