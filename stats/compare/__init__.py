"""Two models on the same prompts: tests, ratio of acuities, power, verdict."""

from .compare import Answers, Comparison, compare
from .design import Design, assess, plan
from .pool import Pool, pool
from .verdict import ComparisonVerdict

__all__ = [
    "Answers",
    "Comparison",
    "ComparisonVerdict",
    "Design",
    "Pool",
    "assess",
    "compare",
    "plan",
    "pool",
]
