"""Do what README.md says, block by block and in its order, as a newcomer would who reads only that.

    python scripts/follow_readme.py [FOLDER]

In a clone of the last commit, made in FOLDER (default: a temporary one). Three things differ from
what the README says: the clone borrows this repository's ``.venv`` where it is set up, so that
`make` installs nothing again; ``make test`` is only planned (``make -n``), for whoever runs this
runs the tests beside it; and where a block names the model on the hub, the same bundled weights
are read from this machine, for no hub is needed here. Ends with the first command that fails.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HUB_NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
FIND_WEIGHTS = "from snellen.store.bundled import bundled_model_path as p; print(p())"


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and content of every fenced block outside comments."""
    return [
        (kind, body) for kind, body in BLOCK.findall(re.sub(r"<!--.*?-->", "", text, flags=re.S))
    ]


def commands(body: str) -> list[str]:
    """The commands of a block: continued lines joined, remarks at their end left out."""
    lines = body.replace("\\\n", " ").splitlines()
    return [re.sub(r"\s{2,}#.*", "", line).strip() for line in lines if line.strip()]


class Newcomer:
    """Somebody in a folder, with the programs of an environment on the path."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.env = {**os.environ, "PATH": f"{clone / '.venv' / 'bin'}:{os.environ['PATH']}"}
        self.said = ""  # by all commands

    def does(self, command: str) -> None:
        """Run a command; what it says is kept, and its end shown.

        Raises:
            SystemExit: it failed.
        """
        print(f"$ {command}", flush=True)
        began = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.clone, env=self.env, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said += done.stdout
        print("\n".join(done.stdout.splitlines()[-15:]))
        print(f"({time.monotonic() - began:.0f} s)\n", flush=True)
        if done.returncode:
            sys.exit(f"README.md: {command!r} ended with exit code {done.returncode}")

    def sees(self, screen: str) -> None:
        """Make sure that a screen was shown: the same curves, whatever their numbers.

        Raises:
            SystemExit: a curve is missing.
        """
        shown = re.findall(r"^ (\w+ \(\w+\)) ", screen, re.MULTILINE)
        missing = [curve for curve in shown if curve not in self.said]
        if missing or not shown:
            sys.exit(f"README.md: the screen it shows has {missing or 'no curves'}, and ours not")


def adapted(command: str, newcomer: Newcomer) -> Iterator[str]:
    """What to run for a command of the README (see the head of this file)."""
    first = shlex.split(command)[:2]
    if first == ["make", "test"]:
        yield "make -n test"
    elif first == ["pip", "install"]:
        yield "python -m pip install -q --dry-run -c constraints.txt '.[local]'"
    elif HUB_NAME in command:
        newcomer.does(f"python -c {shlex.quote(FIND_WEIGHTS)}")
        yield command.replace(HUB_NAME, newcomer.said.split()[-1])
    else:
        yield command


def follow(folder: Path) -> None:
    """Clone into a folder and follow the README there."""
    clone = folder / "snellen"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    if (ROOT / ".venv" / ".installed").exists():
        (clone / ".venv").symlink_to(ROOT / ".venv")
        for needed in ("pyproject.toml", "constraints.txt"):  # older than what they led to
            os.utime(clone / needed, (0, 0))
    newcomer = Newcomer(clone)
    for kind, body in blocks((clone / "README.md").read_text(encoding="utf-8")):
        if kind == "python":
            script = clone / "ten_lines.py"
            script.write_text(body, encoding="utf-8")
            newcomer.does(f"python {script.name}")
        elif "─" in body:
            newcomer.sees(body)
        else:
            for command in commands(body):
                for one in adapted(command, newcomer):
                    newcomer.does(one)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        follow(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            follow(Path(made))
