"""The plan of a sweep, as it is written in a YAML file, and what is wrong with it in one line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from rapidfuzz import process
from rapidfuzz.distance import OSA

from ...errors import InputError
from ...support.secrets import redact, refuse_secrets

DTYPES = ("auto", "float32", "bfloat16", "float16", "float64")
"""The precisions of weights and arithmetic that a sweep may name."""
AXES = ("tasks", "modes", "answers", "lenses")
"""The axes of the grid that several cells of one model and precision differ in."""
_PARALLEL = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")


class SweptModel(BaseModel):
    """One model of a sweep, how it is reached, and what a cell of it needs of a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str
    """The model's name, as ``snellen run --model`` takes it."""
    name: str | None = None
    """What it is called in the table of cells; default: its name."""
    base_url: str | None = None
    """A running server."""
    model_args: dict[str, Any] = Field(default_factory=dict)
    """Settings of the engine: vLLM's flags, an lm-eval backend's arguments."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of every request's body."""
    extra_headers: dict[str, str] = Field(default_factory=dict)
    """Further headers of every request; never a key."""
    device: str | None = None
    """Where a model in the worker's process runs: ``cpu``, ``cuda``."""
    precisions: tuple[str, ...] | None = None
    """Its own precisions instead of the plan's."""
    gpus: float | None = Field(default=None, ge=0)
    """GPUs of a cell on each of its nodes; default: what vLLM's parallel sizes need, else none."""
    cpus: float = Field(default=1.0, ge=0)
    """CPUs of a cell."""
    nodes: int = Field(default=1, ge=1)
    """Nodes over which vLLM spreads the model through Ray."""
    resources: dict[str, float] = Field(default_factory=dict)
    """Custom resources of Ray that a cell asks for."""
    concurrency: int | None = Field(default=None, ge=1)
    """Most requests in flight at once, of one cell."""
    rpm: float | None = Field(default=None, gt=0)
    """Most requests per minute, of all cells of this entry together."""
    tpm: float | None = Field(default=None, gt=0)
    """Most tokens per minute, of all cells of this entry together."""
    at_once: int | None = Field(default=None, ge=1)
    """Most cells of this entry at once; default: 1 where it has a rate, else no limit."""

    @field_validator("precisions", mode="before")
    @classmethod
    def _dtypes(cls, given: Any) -> Any:
        return given if given is None else words_of(given)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_dtypes(self.precisions or ())
        for where, values in (("model_args", self.model_args), ("extra_body", self.extra_body),
                              ("extra_headers", self.extra_headers)):  # fmt: skip
            refuse_secrets(where, values)
        if "dtype" in self.model_args or "device" in self.model_args:
            raise InputError(
                f"models: {self.model}: dtype and device do not go into model_args; use "
                "'precisions: [bfloat16]' and 'device: cuda'"
            )
        total, named = self._parallel()
        given = self.gpus
        if self.starts_vllm and given is not None and given * self.nodes < total:
            raise InputError(
                f"models: {self.model}: {named} needs {total} GPUs, and gpus {given:g} x nodes "
                f"{self.nodes} gives {given * self.nodes:g}"
            )
        if self.nodes > 1 and not self.starts_vllm:
            raise InputError(
                f"models: {self.model}: nodes {self.nodes} is for a vLLM server that is started; "
                "leave it out"
            )
        backend = self._argument("distributed_executor_backend")
        if self.nodes > 1 and backend != "ray":
            raise InputError(
                f"models: {self.model}: over {self.nodes} nodes vLLM needs "
                "'distributed_executor_backend: ray' in model_args"
            )
        return self

    @property
    def starts_vllm(self) -> bool:
        """Whether a cell starts a vLLM server of its own."""
        return self.model.startswith("vllm/") and self.base_url is None

    @property
    def gpus_per_node(self) -> float:
        """GPUs that a cell takes on each of its nodes."""
        if self.gpus is not None:
            return self.gpus
        return float(math.ceil(self._parallel()[0] / self.nodes)) if self.starts_vllm else 0.0

    @property
    def most_at_once(self) -> int | None:
        """Most cells of this entry at once; none: no limit."""
        rated = self.rpm is not None or self.tpm is not None
        return self.at_once or (1 if rated else None)

    def _parallel(self) -> tuple[int, str]:
        """How many GPUs vLLM's parallel sizes need, and those sizes in words."""
        total, named = 1, []
        for name in _PARALLEL:
            size = self._argument(name, 1)
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise InputError(
                    f"models: {self.model}: {name} is {size!r}; it is a whole number from 1 up"
                )
            total *= size
            named += [f"{name} {size}"] if size > 1 else []
        return total, " x ".join(named) or "it"

    def _argument(self, name: str, default: Any = None) -> Any:
        return self.model_args.get(name, self.model_args.get(name.replace("_", "-"), default))


class SweepPlan(BaseModel):
    """Everything that decides what a sweep asks, and of whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "sweep"
    """Name of the sweep; of its results folder too, unless ``out`` says otherwise."""
    models: tuple[SweptModel, ...] = Field(min_length=1)
    """The models; one that needs no more than a name is a plain text."""
    tasks: tuple[str, ...]
    """Names of tasks and groups."""
    modes: tuple[str, ...] = ("direct",)
    """How answers are prompted."""
    answers: tuple[str, ...] = ("free",)
    """How answers are given."""
    lenses: tuple[str, ...] = ("none",)
    """Changes of the prompt."""
    precisions: tuple[str, ...] = ()
    """Of weights and arithmetic (``--dtype``); none: the model's own."""
    lengths: Any = None
    """Lengths in items, as ``--lengths`` takes them; none: each task's own chart."""
    trials: int | None = Field(default=None, ge=1)
    """Trials per length."""
    seed: int = 0
    """Seed of the questions."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Token limit of every answer."""
    temperature: float = Field(default=0.0, ge=0)
    """0 is greedy."""
    top_p: float | None = None
    """Nucleus sampling."""
    sampling_seed: int | None = None
    """Seed sent to the provider."""
    reasoning_effort: str | None = None
    """For models that think."""
    chat: bool = True
    """Ask as a user's turn, not as raw text to continue."""
    together: tuple[str, ...] = ()
    """Axes (``tasks``, ``modes``, ``answers``, ``lenses``) that one cell holds together, so that
    a server which takes long to start is started once for all of them."""
    retries: int = Field(default=3, ge=0)
    """How often Ray starts a cell again whose node or process died."""
    out: str | None = None
    """The results folder; ``--out`` goes before it."""
    storage: str | None = None
    """Shared storage for journals and run directories, as an fsspec URL; ``--storage`` too."""
    budget: float | None = Field(default=None, gt=0)
    """US dollars that the whole sweep may cost; ``--budget`` goes before it."""

    @field_validator("models", mode="before")
    @classmethod
    def _models(cls, given: Any) -> Any:
        entries = given if isinstance(given, (list, tuple)) else [given]
        return [{"model": one} if isinstance(one, str) else one for one in entries]

    @field_validator("tasks", "modes", "answers", "lenses", "precisions", "together", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:
        return words_of(given)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_dtypes(self.precisions)
        for axis in self.together:
            if axis not in AXES:
                raise InputError(f"together: there is no axis {axis!r}; {_choose(axis, AXES)}")
        if self.storage is not None and redact(self.storage) != self.storage:
            raise InputError("storage: a URL holds no keys; they come from the environment")
        if not self.name.strip() or "/" in self.name:
            raise InputError(f"name {self.name!r}: a name for a folder, such as 'nightly'")
        return self


def read_plan(given: SweepPlan | Mapping[str, Any] | Path | str) -> SweepPlan:
    """The plan of a sweep, from its file, from plain values, or as it is.

    Raises:
        InputError: it cannot be read, has an unknown key (the nearest one is named), or a value
            is wrong.
    """
    if isinstance(given, SweepPlan):
        return given
    if isinstance(given, Mapping):
        return _checked(given, "the plan")
    path = Path(given)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"cannot read the plan {path}: {why}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is no plan: it maps keys to values, such as 'models: [bundled]'")
    return _checked({"name": path.stem, **found}, str(path))


def words_of(given: Any) -> Any:
    """The parts of a comma-separated text, or of a list, each once; anything else as it is."""
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, (list, tuple)):
        return given
    return tuple(dict.fromkeys(str(part).strip() for part in given if str(part).strip()))


def _checked(values: Mapping[str, Any], where: str) -> SweepPlan:
    try:
        return SweepPlan.model_validate(dict(values))
    except ValidationError as error:
        raise InputError(f"{where}: {_told(error)}") from error
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _told(error: ValidationError) -> str:
    """What is wrong, unknown keys first: a wrong name is why a needed one is missing."""
    found = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    first = found[0]
    *above, last = first["loc"]
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else str(part) for part in above)
    if first["type"] == "extra_forbidden":
        fields = SweptModel.model_fields if above else SweepPlan.model_fields
        inside = f"{place}: " if place else ""
        return f"{inside}unknown key {last!r}; {_choose(str(last), list(fields))}"
    name = f"{place}: {last}" if place else str(last)
    if first["type"] == "missing":
        return f"{name} is missing"
    return f"{name} {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _choose(word: str, known: Sequence[str]) -> str:
    # A swapped pair of letters is one slip, so 'modles' is nearer to 'models' than to 'modes'.
    nearest, likeness, _ = process.extractOne(word, known, scorer=OSA.normalized_similarity)
    return f"did you mean {nearest!r}?" if likeness > 0.4 else f"there are: {', '.join(known)}"


def _check_dtypes(names: Sequence[str]) -> None:
    for name in names:
        if name not in DTYPES:
            raise InputError(f"precisions: there is no {name!r}; {_choose(name, DTYPES)}")
