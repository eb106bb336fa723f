"""Which lens helps: a race of lenses against none, and its confirmation on fresh trials."""

from .confirmation import Confirmation
from .race import BASE, Ask, Race, Rules
from .sight import Gain, Sight

__all__ = ["BASE", "Ask", "Confirmation", "Gain", "Race", "Rules", "Sight"]
