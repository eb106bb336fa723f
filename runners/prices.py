"""What answers cost: estimated before they are asked, and counted after.

Prices come from the ``genai-prices`` package, which says of itself that it is not always exact,
or from a file of the user's own, which goes before it (YAML or JSON, US dollars per million
tokens; output includes reasoning)::

    openai/gpt-5-mini: {input: 0.25, output: 2.00}
    vllm/org/name:     {input: 0.05, output: 0.05}   # what the GPU costs you

Models that run on machines of one's own cost nothing unless that file says so. Where the price of
others comes from, their kind says; a price that nobody knows is ``None``, never 0.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError
from .kinds import ListPrice, Rate
from .protocol import Reply, Request, Runner
from .registry import find_kind
from .tokens import approximate_tokens

_SHORTEST_ANSWER = 1  # tokens, in the low end of an estimate
_TURN_OVERHEAD = 8  # tokens that a chat format adds per turn, in the high end
# Shares of the room for reasoning that an answer is expected to fill, by the effort asked for.
_EFFORT = {"none": 0.0, "minimal": 0.05, "low": 0.15, "medium": 0.35, "high": 0.7}
_THINKS = 0.35  # of a model that reasons unless told not to


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a set of requests will take.

    Attributes:
        requests: how many.
        prompt_tokens: of all prompts together.
        exact: counted with the model's own tokenizer, not approximately.
        low, high: US dollars if every answer is one token, or as long as it may be; ``None``
            where the model's price is unknown.
        expected: US dollars if answers fill half of their own limit, and models that reason a
            part of the room for it.
        expected_tokens: of all prompts and answers together, by the same guess.
    """

    requests: int
    prompt_tokens: int
    exact: bool
    low: float | None
    high: float | None
    expected: float | None = None
    expected_tokens: int = 0

    @property
    def words(self) -> str:
        """How much for how many, in a line."""
        if self.expected is None or self.high is None:
            return f"{self.requests:,} requests in all, price unknown"
        most = f"about ${self.expected:.4f}, at most ${self.high:.4f}"
        return f"{self.requests:,} requests in all, {most}"


class Prices:
    """The price of a model's tokens."""

    def __init__(self, overrides: Mapping[str, Rate] | None = None) -> None:
        self._overrides = dict(overrides or {})

    @classmethod
    def load(cls, path: Path | None) -> Prices:
        """Prices with a user's own file before them, if there is one.

        Raises:
            InputError: the file is missing or is not of the form above; names the entry.
        """
        if path is None:
            return cls()
        try:
            found = yaml.safe_load(path.read_text())  # YAML takes JSON as it is
        except OSError as error:
            raise InputError(f"cannot read the prices in {path}: {error.strerror}") from error
        except yaml.YAMLError as error:
            where = " ".join(str(error).split())
            raise InputError(f"{path} is neither YAML nor JSON: {where}") from error
        if not isinstance(found, dict):
            raise InputError(
                f"{path} does not map models to prices: see 'openai/NAME: {{input: …}}'"
            )
        return cls({str(model): _rate(path, str(model), row) for model, row in found.items()})

    def source(self, model: str) -> str:
        """Where a model's price comes from, for the manifest."""
        if model in self._overrides:
            return "the user's price file"
        price = find_kind(model).price
        if isinstance(price, ListPrice):
            return f"genai-prices {version('genai-prices')}"
        if price == "free":
            return "a machine of one's own"
        return "unknown" if price == "unknown" else "the plug-in that brings the model"

    def cost(
        self, model: str, prompt_tokens: int, completion_tokens: int, base_url: str | None = None
    ) -> float | None:
        """US dollars for one answer, or ``None`` where the price is unknown.

        Args:
            model: the name as the user wrote it.
            prompt_tokens: tokens of the prompt.
            completion_tokens: tokens generated, reasoning included.
            base_url: the server asked; a reseller that genai-prices knows has its own prices.
        """
        if rate := self._overrides.get(model):
            return _at(rate, prompt_tokens, completion_tokens)
        price, name = find_kind(model).price, model.partition("/")[2]
        if price == "free":
            return 0.0
        if price == "unknown":
            return None
        if not isinstance(price, ListPrice):
            said = price(name)
            return None if said is None else _at(said, prompt_tokens, completion_tokens)
        from genai_prices import Usage, calc_price  # a list of all prices: not before it is used

        usage = Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens)
        if base_url is not None:
            try:
                return float(calc_price(usage, name, provider_api_url=base_url).total_price)
            except LookupError:
                pass  # a server of no known reseller: take it for the provider itself
        try:
            return float(calc_price(usage, name, provider_id=price.provider).total_price)
        except LookupError:
            return None

    def of(self, runner: Runner, request: Request, reply: Reply) -> float | None:
        """US dollars for an answer; tokens that the provider does not state are approximated."""
        prompt, answer = reply.prompt_tokens, reply.completion_tokens
        if prompt is None:
            prompt = sum(approximate_tokens(turn.content) for turn in request.messages)
        if answer is None:
            answer = approximate_tokens(reply.text + (reply.reasoning or ""))
        cost = self.cost(runner.model, prompt, answer, runner.base_url)
        return None if cost is None else cost * runner.price_share

    def estimate(self, runner: Runner, requests: Iterable[Request]) -> Estimate:
        """What requests will take, before they are asked."""
        kind, name = find_kind(runner.model), runner.model.partition("/")[2]
        room = kind.room_for_reasoning(runner.base_url)
        thinks = _THINKS if kind.thinks is not None and kind.thinks.match(name) else 0.0
        sizes: Counter[tuple[int, int, int, int]] = Counter()
        exact = True
        for request in requests:
            tokens = 0
            for turn in request.messages:
                counted = runner.count_tokens(turn.content)
                exact &= counted is not None
                tokens += approximate_tokens(turn.content) if counted is None else counted
            overhead = _TURN_OVERHEAD * len(request.messages)
            limit = request.sampling.max_tokens if not request.choices else 0  # none is written
            share = _EFFORT.get(request.sampling.reasoning_effort or "", thinks)
            # A limit below the room was chosen by the user: it is all for the answer.
            reasoning = room if limit > room else 0
            likely = -(-(limit - reasoning) // 2) + round(share * reasoning)
            sizes[tokens, overhead, limit, likely] += 1

        def total(cost_of: Callable[[int, int, int, int], float | None]) -> float | None:
            costs = [(cost_of(*size), count) for size, count in sizes.items()]
            known = [cost * count for cost, count in costs if cost is not None]
            return sum(known) if len(known) == len(costs) else None

        def cost(prompt: int, answer: int) -> float | None:
            found = self.cost(runner.model, prompt, answer, runner.base_url)
            return None if found is None else found * runner.price_share

        return Estimate(
            requests=sizes.total(),
            prompt_tokens=sum(size[0] * count for size, count in sizes.items()),
            exact=exact,
            low=total(lambda tokens, overhead, limit, likely: cost(tokens, _SHORTEST_ANSWER)),
            high=total(lambda tokens, overhead, limit, likely: cost(tokens + overhead, limit)),
            expected=total(lambda tokens, overhead, limit, likely: cost(tokens + overhead, likely)),
            expected_tokens=sum(
                (tokens + overhead + likely) * count
                for (tokens, overhead, _, likely), count in sizes.items()
            ),
        )


def _at(rate: Rate, prompt_tokens: int, completion_tokens: int) -> float:
    return (prompt_tokens * rate.input + completion_tokens * rate.output) / 1e6


def _rate(path: Path, model: str, row: Any) -> Rate:
    try:
        rate = Rate(float(row["input"]), float(row["output"]))
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: the price of {model} is {json.dumps(row, default=str)}; it looks like "
            "{input: 0.25, output: 2.00}, in US dollars per million tokens"
        ) from error
    if rate.input < 0 or rate.output < 0:
        raise InputError(f"{path}: the price of {model} is negative")
    return rate
