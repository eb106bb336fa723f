"""Anytime-valid inference: betting e-processes, confidence sequences, the race of lenses."""

from .betting import PairedBets, anytime_p, log_e_value, share_sequence
from .race import Race

__all__ = ["PairedBets", "Race", "anytime_p", "log_e_value", "share_sequence"]
