"""One verdict per item and length: lost, unread, never encoded, read, or not testable."""

from __future__ import annotations

from enum import StrEnum

from .pair_test import Separation

DECODABLE = 0.75
"""Least AUC that counts as decodable: half-way between luck and certainty."""
NOT_DECODABLE = 0.9
"""Where the interval reaches this, an AUC below :data:`DECODABLE` settles nothing."""
FOLLOWS = 0.75
"""Least share of pairs whose two answers both go the right way that counts as read."""

RULES = {
    "read": f"in at least {FOLLOWS:.0%} of pairs n is the likelier answer to n, and n + 1 to n + 1",
    "unread": f"not read, and decodable in the state that answers: AUC at least {DECODABLE}, "
    "its interval above 1/2",
    "lost": "neither, but some depth of the reference decodes the pair, in that state or in the "
    "one of the last item (intervals at 95 % over all depths together)",
    "never encoded": "no depth of the reference decodes the pair, in either state; a float32 one "
    "that sees nothing asks float64",
    "not testable": f"too few units: an AUC below {DECODABLE} whose interval reaches "
    f"{NOT_DECODABLE}, or one of at least {DECODABLE} whose interval reaches 1/2",
}
"""The rules, in the order in which they are applied."""


class SightVerdict(StrEnum):
    """What became of one more item."""

    READ = "read"
    UNREAD = "unread"
    LOST = "lost"
    NEVER_ENCODED = "never encoded"
    UNTESTABLE = "not testable"


def decodable(found: Separation) -> bool | None:
    """Whether a pair is decodable; None where too few units leave it open."""
    if found.auc >= DECODABLE:
        return True if found.low > 0.5 else None
    return False if found.high < NOT_DECODABLE else None


def sight_verdict(
    last: Separation, reference: list[Separation], follows: float | None
) -> SightVerdict:
    """Judge one item at one length.

    Args:
        last: The state that answers (after the final norm), at the dtype under test.
        reference: Every depth in the reference dtype, of this state and of the last item's, with
            intervals that hold together.
        follows: Share of units whose answers follow; None where no answer could be scored.
    """
    if follows is not None and follows >= FOLLOWS:
        return SightVerdict.READ
    here = decodable(last)
    if here is None:
        return SightVerdict.UNTESTABLE
    if here:
        return SightVerdict.UNTESTABLE if follows is None else SightVerdict.UNREAD
    depths = [decodable(depth) for depth in reference]
    if any(depths):
        return SightVerdict.LOST
    # A depth that looks decodable on too few units speaks against "never", and proves nothing.
    # Below that, the wider intervals of many depths may leave one open, but not all.
    looks = any(depth.auc >= DECODABLE for depth in reference)
    never = not looks and False in depths
    return SightVerdict.NEVER_ENCODED if never else SightVerdict.UNTESTABLE
