"""Anytime-valid inference: betting e-processes, confidence sequences, the gate."""

from .betting import PairedBets, anytime_p, log_e_value, share_sequence
from .drop import drop_interval, fewest_pairs, largest_drop, log_e_against_drop
from .levels import OnsetPosterior, fewest_losses, log_e_worse, onset

__all__ = [
    "OnsetPosterior",
    "PairedBets",
    "anytime_p",
    "drop_interval",
    "fewest_losses",
    "fewest_pairs",
    "largest_drop",
    "log_e_against_drop",
    "log_e_value",
    "log_e_worse",
    "onset",
    "share_sequence",
]
