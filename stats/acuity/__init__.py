"""Acuity: L50, L80 and L90 of one curve, or why none is quoted; and where to test next."""

from .measure import AcuityReport, measure, measure_together
from .quoted import Acuity, Censored

__all__ = ["Acuity", "AcuityReport", "Censored", "measure", "measure_together"]
