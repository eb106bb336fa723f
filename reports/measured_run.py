"""A run read from its folder, with what is measured from its trials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..store.pairing import LoadedRun
from .acuities import Acuities, acuities
from .curves import curves


@dataclass(frozen=True)
class MeasuredRun(LoadedRun):
    """Its trials as error curves, and their acuities, each made once."""

    @cached_property
    def curves(self) -> pd.DataFrame:
        """The error curves: one row per curve and length (``curves.csv``)."""
        return curves(self.trials)

    @cached_property
    def acuities(self) -> Acuities:
        """All that is said of each curve's acuity."""
        return acuities(self.curves, self.manifest.plan.precision)
