"""From text to answer: what a model said, and by which rule it was found.

The reader knows the question (:class:`Facts`) but never its truth. A wrong reading is worse than
none: where two readings remain there is none, and both are recorded.
"""

from __future__ import annotations

from .facts import AnswerKind, Facts, Reading

__all__ = ["AnswerKind", "Facts", "Reading"]
