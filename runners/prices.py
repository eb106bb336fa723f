"""What answers cost: estimated before they are asked, and counted after.

Prices come from the ``genai-prices`` package, which says of itself that it is not always exact,
or from a file of the user's own, which goes before it (YAML or JSON, US dollars per million
tokens; output includes reasoning)::

    openai/gpt-5-mini: {input: 0.25, output: 2.00}
    vllm/org/name:     {input: 0.05, output: 0.05}   # what the GPU costs you

Models that run on machines of one's own cost nothing unless that file says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from genai_prices import Usage, calc_price

from ..errors import InputError
from .protocol import Reply, Request, Runner
from .tokens import approximate_tokens

_PROVIDERS = {"openai": "openai", "gemini": "google"}
_SHORTEST_ANSWER = 1  # tokens, in the low end of an estimate
_TURN_OVERHEAD = 8  # tokens that a chat format adds per turn, in the high end


@dataclass(frozen=True, slots=True)
class Rate:
    """A price in US dollars per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a set of requests will take.

    Attributes:
        requests: how many.
        prompt_tokens: of all prompts together.
        exact: counted with the model's own tokenizer, not approximately.
        low, high: US dollars if every answer is one token, or as long as it may be; ``None``
            where the model's price is unknown.
    """

    requests: int
    prompt_tokens: int
    exact: bool
    low: float | None
    high: float | None


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
        if _scheme(model) in _PROVIDERS:
            return f"genai-prices {version('genai-prices')}"
        return "a machine of one's own"

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
            return (prompt_tokens * rate.input + completion_tokens * rate.output) / 1e6
        provider = _PROVIDERS.get(_scheme(model))
        if provider is None:
            return None if _scheme(model) == "lm-eval" else 0.0
        usage = Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens)
        name = model.partition("/")[2]
        if base_url is not None:
            try:
                return float(calc_price(usage, name, provider_api_url=base_url).total_price)
            except LookupError:
                pass  # a server of no known reseller: take it for the provider itself
        try:
            return float(calc_price(usage, name, provider_id=provider).total_price)
        except LookupError:
            return None

    def of(self, runner: Runner, request: Request, reply: Reply) -> float | None:
        """US dollars for an answer; tokens that the provider does not state are approximated."""
        prompt, answer = reply.prompt_tokens, reply.completion_tokens
        if prompt is None:
            prompt = sum(approximate_tokens(turn.content) for turn in request.messages)
        if answer is None:
            answer = approximate_tokens(reply.text + (reply.reasoning or ""))
        return self.cost(runner.model, prompt, answer, runner.base_url)

    def estimate(self, runner: Runner, requests: Iterable[Request]) -> Estimate:
        """What requests will take, before they are asked."""
        sizes: Counter[tuple[int, int, int]] = Counter()
        exact = True
        for request in requests:
            tokens = 0
            for turn in request.messages:
                counted = runner.count_tokens(turn.content)
                exact &= counted is not None
                tokens += approximate_tokens(turn.content) if counted is None else counted
            overhead = _TURN_OVERHEAD * len(request.messages)
            sizes[tokens, overhead, request.sampling.max_tokens] += 1
        low: float | None = 0.0
        high: float | None = 0.0
        for (tokens, overhead, limit), count in sizes.items():
            least = self.cost(runner.model, tokens, _SHORTEST_ANSWER, runner.base_url)
            most = self.cost(runner.model, tokens + overhead, limit, runner.base_url)
            low = None if least is None or low is None else low + count * least
            high = None if most is None or high is None else high + count * most
        total = sum(tokens * count for (tokens, _, _), count in sizes.items())
        return Estimate(sizes.total(), total, exact, low, high)


def _scheme(model: str) -> str:
    return model.partition("/")[0]


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
