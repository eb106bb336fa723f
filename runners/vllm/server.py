"""A vLLM server of our own: started, waited for, and always stopped."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import httpx2

from ...errors import InputError
from .starting import phase_of

log = logging.getLogger(__name__)

PYTHON_VARIABLE = "SNELLEN_VLLM_PYTHON"
_STARTS_WITHIN_S = 1800.0  # weights of hundreds of gigabytes, kernels to compile
_LAST_LINES = 12

# The server leads a session of its own, so that Ctrl-C reaches us and not it (it must outlive the
# requests that are being put away), and so that all it starts can be ended with it. A guard
# beside it holds the other end of a pipe of ours, which closes when we are gone, however we went.
_GUARD = """
import os, signal, subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
def sweep():
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
def stop(*_):
    server.terminate()
    timer = threading.Timer(20, sweep)
    timer.daemon = True
    timer.start()
signal.signal(signal.SIGTERM, stop)
threading.Thread(target=lambda: (os.read(0, 1), stop()), daemon=True).start()
code = server.wait()
sweep()
sys.exit(code % 256)
"""


def vllm_command() -> list[str]:
    """The command that starts vLLM's OpenAI server, without arguments.

    The Python named by ``SNELLEN_VLLM_PYTHON`` (vLLM often lives in an environment of its own),
    this Python if it has vLLM, or the one behind the ``vllm`` command.

    Raises:
        InputError: vLLM is nowhere to be found; says how to install it.
    """
    module = ["-m", "vllm.entrypoints.openai.api_server"]
    if python := os.environ.get(PYTHON_VARIABLE):
        if shutil.which(python) is None:
            raise InputError(f"{PYTHON_VARIABLE}={python} is not a program")
        return [python, *module]
    if find_spec("vllm") is not None:
        return [sys.executable, *module]
    if script := shutil.which("vllm"):
        return [script, "serve"]
    raise InputError(
        "vLLM is not installed: pip install 'snellen[vllm]' (CUDA), name the Python that has it "
        f"in {PYTHON_VARIABLE}, or use a running server with --base-url"
    )


def flags(engine_args: Mapping[str, Any]) -> list[str]:
    """Engine arguments as vLLM's command line takes them: ``{"max_model_len": 2048}``."""
    words: list[str] = []
    for name, value in engine_args.items():
        flag = name.replace("_", "-")
        if value is True:
            words.append(f"--{flag}")
        elif value is False:
            words.append(f"--no-{flag}")
        elif isinstance(value, (dict, list)):
            words += [f"--{flag}", json.dumps(value)]
        elif value is not None:
            words += [f"--{flag}", str(value)]
    return words


class VllmServer:
    """One server process on a loopback port.

    Attributes:
        base_url: where it answers.
        log_path: where it writes what it does.
    """

    def __init__(
        self,
        model: str,
        engine_args: Mapping[str, Any],
        log_folder: Path,
        *,
        progress: Callable[[str], None] = log.info,
        command: list[str] | None = None,
    ) -> None:
        """Start the server and wait until it is healthy.

        Args:
            model: a hub name or a folder.
            engine_args: vLLM's own settings, ``port`` among them.
            log_folder: the folder for ``vllm.log``; made if missing.
            progress: is told every few seconds how long it has been and what it does.
            command: what starts it; see :func:`vllm_command`.

        Raises:
            InputError: vLLM is missing, the port is taken, or the server died while starting.
        """
        command = command or vllm_command()
        port = _port(engine_args.get("port"))
        self.base_url = f"http://127.0.0.1:{port}/v1"
        log_folder.mkdir(parents=True, exist_ok=True)
        self.log_path = log_folder / "vllm.log"
        args = {"host": "127.0.0.1", **engine_args, "port": port}
        self._process = _spawn(
            # `vllm serve` takes the model as its first word, the module as a flag.
            [*command, *([model] if command[-1] == "serve" else ["--model", model]), *flags(args)],
            self.log_path,
        )
        atexit.register(self.stop)
        try:
            self._wait(progress)
        except BaseException:
            self.stop()
            raise

    def resolved(self) -> dict[str, Any]:
        """What the engine settled on, as its log says: dtype, quantization, parallel sizes."""
        text = self.log_path.read_text(errors="replace")
        found = re.search(r"Initializing a .*?LLM engine .*?with config: (.*)", text)
        words = found[1] if found else ""
        settled: dict[str, Any] = {}
        for name in (
            *("dtype", "quantization", "kv_cache_dtype", "tensor_parallel_size"),
            *("data_parallel_size", "enable_prefix_caching", "enforce_eager"),
        ):
            if value := re.search(rf"\b{name}=([^,\s)]+)", words):
                settled[name] = value[1].removeprefix("torch.").strip("'\"")
        return settled

    def move_log(self, folder: Path) -> None:
        """Move the log into another folder of the same disk; the server continues to write it."""
        old = self.log_path.parent
        self.log_path = self.log_path.rename(folder / self.log_path.name)
        with contextlib.suppress(OSError):  # others may keep their logs there
            old.rmdir()

    def stop(self) -> None:
        """End the server and all it started. Harmless when it is gone already."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()  # the guard sees to it that this ends
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _wait(self, progress: Callable[[str], None]) -> None:
        began = time.monotonic()
        told = 0.0
        while (elapsed := time.monotonic() - began) < _STARTS_WITHIN_S:
            if (code := self._process.poll()) is not None:
                raise InputError(f"vLLM stopped while starting (exit code {code}); {self._tail()}")
            if _healthy(self.base_url):
                progress(f"vLLM is ready after {elapsed:.0f} s")
                return
            if elapsed - told >= 5:
                told = elapsed
                log = self.log_path.read_text(errors="replace")
                progress(f"vLLM is starting: {elapsed:.0f} s; {phase_of(log)}; {self.log_path}")
            time.sleep(0.25)
        raise InputError(f"vLLM was not ready within {_STARTS_WITHIN_S:.0f} s; {self._tail()}")

    def _tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").rstrip().splitlines()
        last = "\n  ".join(lines[-_LAST_LINES:])
        return f"the end of {self.log_path}:\n  {last}"


def _spawn(command: list[str], log_path: Path) -> subprocess.Popen[bytes]:
    output: IO[bytes]
    with log_path.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", _GUARD, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _port(wanted: Any) -> int:
    """The wanted port if it is free, or any that is."""
    with socket.socket() as probe:
        # As servers do: connections of a server that is gone do not keep its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted or 0)))
        except OSError as error:
            raise InputError(
                f"port {wanted} is taken by another program; choose another, or leave it out"
            ) from error
        return int(probe.getsockname()[1])


def _healthy(base_url: str) -> bool:
    try:
        answer = httpx2.get(base_url.removesuffix("/v1") + "/health", timeout=2.0, trust_env=False)
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200
