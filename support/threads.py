"""Linear algebra on one thread, where matrices are small and many.

OpenBLAS hands a product of some 64 x 64 x 64 numbers or more to all cores, and its threads then
spin for milliseconds in wait of the next: fitting one curve took four times the processor time of
one thread, and twice as long (benchmarks/curve_speed.py).
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with NumPy's and SciPy's products on one thread while it runs.

    The limit is of the whole process; of several threads at once the first sets and lifts it.
    """
    limited: Callable[P, R] = threadpool_limits.wrap(limits=1, user_api="blas")(function)
    return limited
