"""The arithmetic under a probe: packages, dtypes, and a float64 that stays float64."""

from __future__ import annotations

import errno
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...support.quiet import hush_torchao

if TYPE_CHECKING:
    import torch

DTYPES = ("float64", "float32", "bfloat16", "float16")
COST = {"float64": 2.0}
"""What a pass takes beside one in float32, roughly: for the time left."""


def local_packages() -> tuple[Any, Any]:
    """torch and transformers, which the core of Snellen installs without."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise InputError(
            f"this needs the local extra ({error.name} is missing): pip install 'snellen[local]'"
        ) from error
    hush_torchao()
    return torch, transformers


def parse_dtype(name: str) -> torch.dtype:
    """A torch dtype by its name.

    Raises:
        InputError: Not one of :data:`DTYPES`.
    """
    packages = local_packages()
    if name not in DTYPES:
        raise InputError(f"unknown dtype {name!r} in --dtypes: choose from {', '.join(DTYPES)}")
    dtype: torch.dtype = getattr(packages[0], name)
    return dtype


def check_dtype(dtype: torch.dtype, device: str) -> None:
    """Refuse a dtype that the device cannot multiply in.

    Raises:
        InputError: The device lacks the dtype, or is not there.
    """
    import torch

    try:
        square = torch.ones(2, 2, dtype=dtype, device=device)
        torch.softmax(square @ square, dim=-1)
    except (RuntimeError, TypeError, AssertionError) as error:
        short = str(dtype).removeprefix("torch.")
        raise InputError(
            f"device {device} cannot compute in {short} ({first_line(error)}): leave {short} "
            "out of --dtypes or choose another --device"
        ) from error


@contextmanager
def full_precision(dtype: torch.dtype) -> Iterator[None]:
    """Under float64, keep model code from dropping to float32 on its way.

    Norms, softmaxes and rotary angles in transformers convert to float32 by name, which is a
    widening for bfloat16 but would make a float64 reference a float32 one.
    """
    import torch

    if dtype != torch.float64:
        yield
        return

    class KeepDouble(torch.overrides.TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = dict(kwargs or {})
            if func is torch.Tensor.float:
                return args[0].double()
            args = tuple(torch.float64 if a is torch.float32 else a for a in args)
            if kwargs.get("dtype") is torch.float32:
                kwargs["dtype"] = torch.float64
            return func(*args, **kwargs)

    with KeepDouble():
        yield


_NO_MEMORY = (
    "not enough memory", "allocate memory", "out of memory", "bad_alloc", "can't start new thread",
)  # fmt: skip


def out_of_memory(error: BaseException) -> bool:
    """Whether an error is a device or a host that ran out of memory."""
    import torch

    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or any(words in str(error) for words in _NO_MEMORY)
    )


class ModelTooLargeError(MemoryError):
    """The model itself did not fit into memory."""


class NotFiniteError(InputError):
    """States at a dtype are no finite numbers: it cannot hold what the model computes."""


@contextmanager
def spared(failures: list[str], what: str, advice: str) -> Iterator[None]:
    """Make a lack of memory, or of range of the dtype, a line of what failed, and go on.

    Args:
        failures: Where the line is put.
        what: What was being measured.
        advice: What to change so that it fits.
    """
    try:
        yield
    except NotFiniteError as error:
        failures.append(f"{what} was left out: {error}")
    except Exception as error:
        if not out_of_memory(error):
            raise
        if isinstance(error, ModelTooLargeError):
            what += " did not begin: the model"
            advice = "leave out this dtype, or take a smaller model or a larger machine"
        failures.append(f"{what} ran out of memory: {advice}; what was finished is kept")


@contextmanager
def readable(model: str) -> Iterator[None]:
    """Turn what the code of an unknown architecture raises into one clear line.

    Args:
        model: Its name or class.

    Raises:
        InputError: In place of any other error than a lack of memory.
    """
    try:
        yield
    except (RuntimeError, TypeError, AttributeError, IndexError, KeyError, ValueError) as error:
        if isinstance(error, InputError) or out_of_memory(error):
            raise
        raise InputError(
            f"{model} is no architecture that the probes can read: {first_line(error)}"
        ) from error


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def machine_record(device: str) -> dict[str, Any]:
    """Device, CPU, threads and kernels: what rounding depends on beside the weights."""
    import torch

    record = {
        "device": device,
        "cpu": _cpu_name(),
        "cpu_kernels": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "float32_matmul": torch.get_float32_matmul_precision(),
    }
    if device.startswith("cuda") and torch.cuda.is_available():
        record["gpu"] = torch.cuda.get_device_name(device)
    return record


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
