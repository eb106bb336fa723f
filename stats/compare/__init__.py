"""Two models on the same prompts: tests, ratio of acuities, power, verdict."""

from .answers import Answers, AnswerTable
from .compare import Comparison, compare
from .design import Design, assess, plan
from .pool import Pool, pool
from .verdict import ComparisonVerdict

__all__ = [
    "AnswerTable",
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
