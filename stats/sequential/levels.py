"""Evidence that B is worse than A somewhere over length: one test for all lengths, at any time.

Under "B is nowhere worse" every pair that only one of the two answered correctly is B's with a
probability of at least one half, given all that came before: at every length, for every task. So
any set of pairs that is fixed beforehand gives a bet (`betting.log_e_value_one_sided`), and any
average of such bets is a bet again. The average here is over the sets in which a deployment is
seen to break: all pairs from a length on (half of the stake), the same of one task (a quarter),
one length alone (a quarter). It is at least 1 / alpha, ever, with a probability of at most alpha
(Ville), whatever the number of lengths and of looks, and however the next trials are chosen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, logsumexp

from .betting import log_e_value_one_sided

FloatArray = NDArray[np.float64]


def log_e_worse(wins: ArrayLike, losses: ArrayLike) -> float:
    """Log of the e-value against "B is not worse than A at any length, in any task".

    Args:
        wins: Pairs in which B alone was right, shape (tasks, lengths), lengths rising.
        losses: Pairs in which A alone was right, same shape.
    """
    w, n = np.atleast_2d(np.asarray(wins, float)), np.atleast_2d(np.asarray(losses, float))
    parts = [
        (0.5, _from_each(w.sum(axis=0)), _from_each(n.sum(axis=0))),
        (0.25, _from_each(w), _from_each(n)),
        (0.25, w.sum(axis=0), n.sum(axis=0)),
    ]
    terms = [
        log_e_value_one_sided(lost, won) + np.log(share / lost.size) for share, won, lost in parts
    ]
    return float(logsumexp(np.concatenate([np.ravel(term) for term in terms])))


def _from_each(counts: FloatArray) -> FloatArray:
    """Sums from each length on."""
    return np.asarray(np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1])


def fewest_losses(tasks: int, lengths: int, alpha: float) -> int:
    """How many losses, without a win, show that B is worse, if all are at the longest length."""
    bar = np.log(1 / alpha)
    lost = np.zeros((tasks, lengths))
    count = 0
    while log_e_worse(np.zeros_like(lost), lost) < bar:
        count += 1
        lost[count % tasks, -1] += 1
    return count


@dataclass(frozen=True)
class OnsetPosterior:
    """From which length on B is worse.

    Attributes:
        first: Index of the length from which it most probably is.
        low, high: Indices between which the first bad length lies with the wanted probability.
        probabilities: Of each length to be the first bad one, shape (lengths,).
    """

    first: int
    low: int
    high: int
    probabilities: FloatArray


_EVEN = (0.5, 6.0)  # prior of the share of pairs that disagree by chance alone: mostly none
_WORSE = np.array([1.0, 0.3, 1.0])  # prior of losses, wins and ties where B is worse


def onset(
    wins: ArrayLike, losses: ArrayLike, ties: ArrayLike, level: float = 0.95
) -> OnsetPosterior:
    """Where the change lies, given that there is one: a posterior over the first bad length.

    Before it losses and wins are equally probable, at a rate of each length's own; from it on
    the three outcomes have probabilities of each length's own. Both are integrated out (beta and
    Dirichlet), the prior over lengths is flat. Meant to be read after a test has shown that B is
    worse.

    Args:
        wins: Pairs in which B alone was right, shape (lengths,), lengths rising.
        losses: Pairs in which A alone was right.
        ties: Other pairs.
        level: Probability of the interval.
    """
    w, lost, t = (np.asarray(x, float) for x in (wins, losses, ties))
    apart = w + lost
    even = betaln(apart + _EVEN[0], t + _EVEN[1]) - betaln(*_EVEN) - apart * np.log(2)
    counts = np.stack([lost, w, t]) + _WORSE[:, None]
    worse = _log_dirichlet(counts) - _log_dirichlet(_WORSE[:, None])
    before = np.concatenate([[0.0], np.cumsum(even)[:-1]])
    score = before + np.cumsum(worse[::-1])[::-1]
    share = np.exp(score - logsumexp(score))
    best = int(np.argmax(share))
    low = high = best
    held = share[best]
    while held < level and (low > 0 or high < share.size - 1):
        left = share[low - 1] if low > 0 else -1.0
        right = share[high + 1] if high < share.size - 1 else -1.0
        low, high = (low - 1, high) if left >= right else (low, high + 1)
        held += max(left, right)
    return OnsetPosterior(best, low, high, share)


def _log_dirichlet(counts: FloatArray) -> FloatArray:
    """Log of the normaliser of Dirichlet laws, shape (kinds, lengths) to (lengths,)."""
    return np.asarray(gammaln(counts).sum(axis=0) - gammaln(counts.sum(axis=0)))


def log_e_since(terms: ArrayLike) -> float:
    """Log of an e-value against "nothing has changed", when it may have changed on any night.

    The stake is spread over the nights: 1 / (s (s + 1)) of it is put down on night s and bet from
    then on, the rest is held back. A mixture of supermartingales that begin at different times is
    one, so that the error rate holds for ever, and a change late in a long watch is still seen:
    what the quiet nights before it cost is bounded by log(s (s + 1)).

    Args:
        terms: Log e-values of all that came from night s on, shape (nights,), s = 1, 2, …
    """
    since = np.asarray(terms, float)
    s = np.arange(1, since.size + 1)
    held = -np.log(since.size + 1.0)
    return float(logsumexp([*(since - np.log(s * (s + 1.0))), held]))
