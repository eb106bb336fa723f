"""Lenses: changes to the prompt, or to the forward pass, that should restore sight.

(Paper, sections 3 and 7, C.5.)
"""

from .find import LENSES, STANDARD, TERMS, canonical, find_lens
from .lens import Lens
from .term import Term

__all__ = ["LENSES", "STANDARD", "TERMS", "Lens", "Term", "canonical", "find_lens"]
