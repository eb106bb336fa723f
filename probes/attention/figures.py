"""Figures of attention: spreading against log n, and the first token's share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...support.palette import BLUE, MUTED, ORANGE
from ..drawing import legend_below, new_figure, plain_log_axis, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VARIANTS = {"whole": BLUE, "without the first token": ORANGE}


@styled
def attention_figure(heads: pd.DataFrame, sizes: pd.DataFrame) -> Figure:
    """Per kind: entropy, largest weight, share of the first token, and size of its state."""
    kinds = list(dict.fromkeys(heads.kind))
    figure, axes = new_figure(len(kinds), 4, width=3.0, height=2.6)
    for row, kind in enumerate(kinds):
        panels = axes[4 * row : 4 * row + 4]
        own = heads[heads.kind == kind]
        for axis, column, label in (
            (panels[0], "entropy", "entropy (nats)"),
            (panels[1], "largest", "largest weight"),
            (panels[2], "on_first", "weight of the first token"),
        ):
            for variant, colour in VARIANTS.items():
                spread = own[own.prompt == variant].groupby("tokens")[column]
                low, middle, high = (spread.quantile(q) for q in (0.1, 0.5, 0.9))
                axis.fill_between(middle.index, low, high, color=colour, alpha=0.2, lw=0)
                axis.plot(middle.index, middle, "o-", color=colour, label=variant)
            axis.set_ylabel(label)
            plain_log_axis(axis, own.tokens.astype(int))
            axis.set_xlabel("tokens")
        tokens = np.sort(own.tokens.unique())
        panels[0].plot(tokens, np.log(tokens), ":", color=MUTED, label="log n: equal weights")
        panels[1].plot(tokens, 1 / tokens, ":", color=MUTED)
        panels[1].set_yscale("log")
        panels[2].set_ylim(-0.03, 1.03)
        size = sizes[(sizes.kind == kind) & (sizes.length == sizes.length.max())]
        panels[3].plot(size.depth, size.first_norm, color=BLUE, label="first token")
        panels[3].plot(size.depth, size.last_norm, "--", color=MUTED, label="last token")
        panels[3].set_yscale("log")
        panels[3].set_xlabel("depth")
        panels[3].set_ylabel("length of the state")
        panels[3].legend()
        panels[0].set_title(kind.replace("_", " "))
    title = "median over layers and heads; shaded: 10 to 90 %"
    legend_below(figure, columns=3, title=title)
    return figure
