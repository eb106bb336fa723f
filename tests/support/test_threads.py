"""The limit on threads of linear algebra: set while a function runs, and then lifted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from snellen.stats.acuity import measure
from snellen.support.threads import one_blas_thread
from threadpoolctl import ThreadpoolController, threadpool_limits


def threads() -> set[int]:
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    return {one.num_threads for one in libraries}


@pytest.fixture(autouse=True)
def two() -> Iterator[None]:
    """Two threads, whatever the machine and the environment."""
    with threadpool_limits(2, "blas"):
        yield


def test_one_thread_inside_and_as_before_outside() -> None:
    inner = one_blas_thread(threads)

    @one_blas_thread
    def outer() -> list[set[int]]:
        return [inner(), threads()]

    assert threads() == {2}
    assert outer() == [{1}, {1}]
    assert threads() == {2}


def test_an_error_lifts_it() -> None:
    @one_blas_thread
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert threads() == {2}


def test_a_curve_is_measured_on_one_thread() -> None:
    seen: list[set[int]] = []

    def chance(length: int) -> float:
        seen.append(threads())
        return 0.1

    measure([4, 8, 16], [9, 5, 1], [10, 10, 10], chance=chance)
    assert seen
    assert all(one == {1} for one in seen)
    assert threads() == {2}
