"""Two models on the same prompts: tests, ratio of acuities, power, verdict."""

from .compare import Answers, Comparison, ComparisonVerdict, compare
from .pool import Pool, pool

__all__ = ["Answers", "Comparison", "ComparisonVerdict", "Pool", "compare", "pool"]
