"""The probes on the bundled model: what is promised of a real one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from snellen.probes.collapse.measure import headline, measure_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.states.kinds import KINDS
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.pairs import build_prompts
from snellen.probes.states.routes import ONE_PASS, SEPARATE
from snellen.probes.states.subject import open_subject

pytestmark = pytest.mark.bundled


def test_walk_and_separate_passes_agree_within_the_null_band() -> None:
    subject = open_subject("bundled", "cpu")
    model = subject.load(torch.float32)
    for template in ("none", "chat"):
        prompts = build_prompts(
            subject.tokenizer,
            KINDS["count_ones"],
            [1, 5, 20],
            context=subject.context,
            template="chat" if template == "chat" else "none",
        )
        ids = [pair.short for pair in prompts.pairs]
        walk, alone = (last_token_states(model, ids, route=r)[:, -1] for r in (ONE_PASS, SEPARATE))
        assert (walk - alone).abs().max() < 1e-4 * alone.abs().max()
        assert prompts.as_text == 1


def test_collapse_is_real_and_bfloat16_blurs_it() -> None:
    plan = CollapsePlan(("count_ones",), (1, 8, 40), ("float32", "bfloat16"))
    table = headline(measure_collapse(open_subject("bundled", "cpu"), plan).collapse)
    single, half = (table[table.dtype == d] for d in ("float32", "bfloat16"))
    assert np.all(np.diff(single.linf) < 0)
    assert (single.null_linf < single.linf / 100).all()
    # In 16 bits a pair of real prompts is a few units in the last place apart.
    assert half.ulp.iloc[-1] < 10 < half.ulp.iloc[0]
