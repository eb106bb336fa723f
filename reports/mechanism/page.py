"""``why.html``: one self-contained page that runs no script and fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...support.figures import Picture
from ..run.page import environment


def page(
    model: str,
    curve: str,
    questions: pd.DataFrame,
    lenses: pd.DataFrame,
    found: pd.DataFrame,
    picture: Picture,
    measures: Mapping[str, str],
    prescribed: str | None,
) -> str:
    """Write the page.

    Args:
        model: the model.
        curve: the name of the task and its condition.
        questions: a row per lens, length and question.
        lenses: a row per lens: changes inside, and gains.
        found: the rank correlations.
        picture: the figure.
        measures: what each measure is, in words.
        prescribed: the lens that is prescribed, if one is.
    """
    known = lenses["gain"].notna()
    ordered = pd.concat([lenses[known].sort_values("gain", ascending=False), lenses[~known]])
    base = questions[questions["lens"] == "none"]
    return (
        environment()
        .get_template("mechanism.html.j2")
        .render(
            model=model, curve=curve, lenses=ordered.to_dict("records"),
            found=found.to_dict("records"), picture=picture, measures=measures,
            prescribed=prescribed, lengths=sorted(set(base["length"].tolist())),
            trials=int(base.groupby("length").size().max()),
            base={name: float(base[name].astype(float).mean()) for name in
                  ("told", "told_group", "dispersion", "on_first")},
        )
    )  # fmt: skip
