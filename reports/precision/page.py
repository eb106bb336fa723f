"""``precision.html``: one self-contained page that runs no script and fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...store.curve_key import CurveKey
from ...support.figures import Picture
from ..run.page import environment


def page(
    model: str,
    table: pd.DataFrame,
    picture: Picture,
    runs: Mapping[str, str],
    left_out: Mapping[str, str],
    alpha: float,
    margin: float,
) -> str:
    """Write the page.

    Args:
        model: the model.
        table: a row per curve and precision (``precision.csv``).
        picture: the figure.
        runs: where the run of every precision lies.
        left_out: why a precision could not be had.
        alpha: the level of each test.
        margin: the ratio of L50 that matters.
    """
    keys = ["task", "mode", "answer", "lens"]
    curves = [
        (CurveKey(*map(str, key)).name, rows.to_dict("records"))
        for key, rows in table.groupby(keys, sort=False)
    ]
    return (
        environment()
        .get_template("precision.html.j2")
        .render(
            model=model, curves=curves, picture=picture, runs=runs, left_out=left_out,
            alpha=alpha, margin=margin,
        )
    )  # fmt: skip
