"""What each probe says of a tiny model of a family, against plain float64 forwards."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from configs import tiny_config
from snellen.errors import InputError
from snellen.probes.attention.measure import AttentionPlan, measure_attention
from snellen.probes.collapse.measure import measure_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.decoding.measure import measure_decoding
from snellen.probes.decoding.prompts import DecodingPlan
from snellen.probes.sensitivity.measure import SensitivityPlan, measure_sensitivity
from snellen.probes.states.architecture import decoder_of, handling
from snellen.probes.states.arithmetic import full_precision
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.readiness import ready
from snellen.probes.states.routes import equivalent_routes, usable_routes
from snellen.probes.states.subject import Subject, check_config

PROMPTS = [[7, 8, 9] + [11] * n + end for n in (1, 2, 5, 30) for end in ([], [4, 5])]
PROMPTS += [[6, 3, *PROMPTS[-1]], [6, 2]]
RIGHT = 1e-11
"""Most that a route may be off a plain forward in float64, relative to the state."""


class Family(NamedTuple):
    """What the probes make of a family.

    Attributes:
        kind: The model type.
        computed: How its prompts are computed, or empty.
        worst: Largest relative error of a state over routes, in float64.
        routes: How many routes.
        probes: Per probe ``yes``, or the line that says why not.
        refused: The line of a refusal at loading, or empty.
        broken: A traceback's last line, or empty: a defect.
    """

    kind: str
    computed: str = ""
    worst: float = float("nan")
    routes: int = 0
    probes: dict[str, str] = {}  # noqa: RUF012
    refused: str = ""
    broken: str = ""


def check_family(kind: str, tokenizer: Any) -> Family:
    """Put every probe to a tiny random model of a family."""
    try:
        config = tiny_config(kind)
        transformers.AutoModelForCausalLM.from_config(config)
    except Exception as error:  # a config of our own making, no probe
        return Family(kind, refused=f"no small model of it could be made: {line(error)}")
    try:
        check_config(kind, config)
        models = functools.cache(lambda dtype: _load(kind, config, dtype))
        model = models(torch.float64)
        worst, routes = _worst(model)
        subject = Subject(kind, tokenizer, models, 512)
        probes = {name: _try(probe, subject) for name, probe in PROBES.items()}
    except InputError as error:
        return Family(kind, refused=str(error))
    except Exception as error:
        return Family(kind, broken=line(error))
    broken = "" if worst < RIGHT else f"off by {worst:.1g}"
    return Family(kind, _how(model), worst, routes, probes, broken=broken)


def line(error: BaseException) -> str:
    """An error in one line."""
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:160]


def _load(kind: str, config: Any, dtype: torch.dtype) -> Any:
    torch.manual_seed(0)
    double = dtype == torch.float64
    made = torch.float32 if double else dtype
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=made)
    return ready(model.double() if double else model, kind)


def _worst(model: Any) -> tuple[float, int]:
    plain = []
    for prompt in PROMPTS:
        ids = torch.tensor([prompt])
        with torch.no_grad(), full_precision(model.dtype):
            plain.append(decoder_of(model)(input_ids=ids, use_cache=False).last_hidden_state[0, -1])
    want = torch.stack(plain)
    routes = usable_routes(model, equivalent_routes("cpu", 2048, 12))
    errors = [
        float((last_token_states(model, PROMPTS, route=r)[:, -1] - want).abs().max())
        for r in routes
    ]
    return max(errors) / float(want.abs().max()), len(routes)


def _how(model: Any) -> str:
    found = handling(model)
    if not found.share:
        return "prompt by prompt"
    return "one pass, branches side by side" if found.branches else "one pass"


def _collapse(subject: Subject) -> str:
    plan = CollapsePlan(("count_ones",), (2, 20), ("float64", "bfloat16"))
    table = measure_collapse(subject, plan).collapse
    return "yes" if np.isfinite(table.linf).all() else "not finite"


def _decoding(subject: Subject) -> str:
    plan = DecodingPlan(("count_ones",), (2,), read_out=8, wordings=2, window=2, routes=3)
    tables = measure_decoding(subject, plan).tables
    return "yes" if len(tables["lens"]) else "yes, without a logit lens (final norm not known)"


def _attention(subject: Subject) -> str:
    measure_attention(subject, AttentionPlan(("count_ones",), (4,)))
    return "yes"


def _sensitivity(subject: Subject) -> str:
    plan = SensitivityPlan(("count_ones",), (6,), probes=4, repetitions=1)
    tables, _, warnings = measure_sensitivity(subject, plan)
    if not (np.isfinite(tables["positions"].norm).all() and (tables["positions"].norm > 0).any()):
        return "not finite"
    return "norms alone" if warnings else "norms and path sum"


PROBES: dict[str, Callable[[Subject], str]] = {
    "collapse": _collapse,
    "decoding": _decoding,
    "attention": _attention,
    "sensitivity": _sensitivity,
}


def _try(probe: Callable[[Subject], str], subject: Subject) -> str:
    try:
        return probe(subject)
    except InputError as error:
        return f"no: {error}"
