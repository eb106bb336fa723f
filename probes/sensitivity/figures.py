"""Figures of over-squashing: profiles beside the path sum, and attention on the first token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...support.palette import BLACK, BLUE, MUTED, ORANGE, VERMILLION
from ..drawing import legend_below, new_figure, plain_log_values, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"trained": BLUE, "random": ORANGE}


@styled
def sensitivity_figure(tables: dict[str, pd.DataFrame]) -> Figure:
    """Per kind (the longest prompt, first draw): trained, random, and attention by layer.

    Profiles and path sums are each divided by their mean: the bound predicts a shape.
    """
    from matplotlib.ticker import MaxNLocator

    positions, layers, profiles = (tables[k] for k in ("positions", "layers", "profiles"))
    longest = positions.length.max()
    kinds = list(dict.fromkeys(positions.kind))
    figure, axes = new_figure(len(kinds), 3, width=3.5, height=2.8)
    for row, kind in enumerate(kinds):
        panels = axes[3 * row : 3 * row + 3]
        for axis, weights in zip(panels, COLOURS, strict=False):
            chosen = _one(positions, kind, weights, longest)
            if not len(chosen):
                axis.set_visible(False)  # memory did not hold it
                continue
            scale = chosen.norm.mean()
            axis.fill_between(
                chosen.position, chosen.low / scale, chosen.high / scale,
                color=COLOURS[weights], alpha=0.25, lw=0,
            )  # fmt: skip
            axis.plot(
                chosen.position, chosen.norm / scale, color=COLOURS[weights],
                label=f"Frobenius norm, {weights} weights",
            )  # fmt: skip
            axis.plot(
                chosen.position, chosen.spectral / chosen.spectral.mean(), color=COLOURS[weights],
                lw=0.8, ls="-.", label=f"spectral norm, {weights} weights",
            )  # fmt: skip
            axis.plot(
                chosen.position, chosen.path_sum / chosen.path_sum.mean(), "--", color=BLACK,
                lw=1.1, label="path sum (Theorem 5.1)",
            )  # fmt: skip
            if weights == "random":
                # Closed form for untrained, uniform attention: the ends alone would set its mean.
                curve = chosen.before_training / chosen.before_training.mean()
                axis.plot(
                    chosen.position, curve, ":", color=VERMILLION, lw=1.3,
                    label="before training, closed form (uniform attention)",
                )  # fmt: skip
            found = _one(profiles, kind, weights, longest).iloc[0]
            plain_log_values(axis)
            axis.set_title(f"{kind.replace('_', ' ')}, {weights} weights\n{_agreement(found)}")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.set_xlabel("position of the input token")
            axis.set_ylabel(r"$\|\partial y_n/\partial v_i\|$ over its mean")
        axis = panels[2]
        if not len(layers):
            axis.set_visible(False)  # the architecture's attention is not known
            continue
        for weights, colour in COLOURS.items():
            chosen = _one(layers, kind, weights, longest)
            axis.plot(chosen.layer, chosen.first_token_last_query, color=colour, label=weights)
        axis.axhline(chosen.uniform.iloc[0], color=MUTED, lw=0.9, ls=":", label="uniform (1/n)")
        axis.set_ylim(0, 1)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_title("attention of the last token\non the first")
        axis.set_xlabel("layer")
        axis.set_ylabel("mean weight over heads")
        axis.legend(loc="upper left")
    legend_below(figure, columns=3)
    return figure


def _agreement(found: pd.Series) -> str:
    """How well the path sum says the spectral norm."""
    if pd.isna(found.rank_correlation):
        return "path sum not known"
    return (
        f"rank corr. {found.rank_correlation:.2f}, without ends "
        f"{found.rank_correlation_inner:.2f}\nfactor off, in the median: "
        f"{10**found.log10_error:.1f}"
    )


def _one(table: pd.DataFrame, kind: str, weights: str, length: int) -> pd.DataFrame:
    chosen = table[(table.kind == kind) & (table.weights == weights) & (table.length == length)]
    return chosen[chosen.repetition == 0]
