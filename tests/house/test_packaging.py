"""The wheel holds the package, its data files, and nothing else."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import PACKAGES

ROOT_FILES = {"__init__.py", "__main__.py", "errors.py", "py.typed"}


@pytest.fixture(scope="session")
def wheel(
    root: Path, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> zipfile.ZipFile:
    """The wheel of the tracked files, built beside the tree so that it leaves nothing in it."""
    source = tmp_path_factory.mktemp("source")
    for path in tracked:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, source / path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = (source / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_exactly_the_package(wheel: zipfile.ZipFile, tracked: list[Path]) -> None:
    wanted = {
        f"snellen/{path.as_posix()}"
        for path in tracked
        if path.parts[0] in PACKAGES or path.as_posix() in ROOT_FILES
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_the_wheel_holds_the_data_that_the_code_reads(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "snellen/py.typed" in names
    assert "snellen/tasks/yaml/_task_yaml" in names
    assert "snellen/tasks/yaml/group_paper.yaml" in names
    assert "snellen/reports/templates/report.html.j2" in names


def test_the_licence_goes_with_it(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def entry_points(wheel: zipfile.ZipFile) -> configparser.ConfigParser:
    (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/entry_points.txt"))
    parser = configparser.ConfigParser(delimiters="=")
    parser.read_string(wheel.read(name).decode())
    return parser


def test_the_command_is_an_entry_point(wheel: zipfile.ZipFile) -> None:
    assert dict(entry_points(wheel)["console_scripts"]) == {"snellen": "snellen.cli:main"}


def test_entry_points_resolve(wheel: zipfile.ZipFile) -> None:
    parser = entry_points(wheel)
    values = [value for group in parser.sections() for value in parser[group].values()]
    # In a process of its own: what they register stays registered.
    probe = (
        "import sys; from importlib.metadata import EntryPoint; "
        "[EntryPoint('x', value, 'g').load() for value in sys.argv[1:]]"
    )
    done = subprocess.run([sys.executable, "-c", probe, *values], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_models_are_declared_for_lm_eval_that_is_to_come(wheel: zipfile.ZipFile) -> None:
    assert any(name.startswith("snellen") for name in entry_points(wheel)["lm_eval.models"])


def test_the_core_needs_no_torch(wheel: zipfile.ZipFile) -> None:
    (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    needs = [
        line.removeprefix("Requires-Dist: ")
        for line in wheel.read(name).decode().splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    core = [need for need in needs if "extra ==" not in need]
    assert any(need.startswith("lm-eval") for need in core)
    heavy = ("torch", "transformers", "vllm", "openai", "google-genai")
    assert not [need for need in core if need.startswith(heavy)]


def test_listing_tasks_imports_no_heavy_package() -> None:
    probe = (
        "import sys; from snellen.cli import main; main(['tasks', '--path']); "
        "heavy = {'torch', 'transformers', 'datasets', 'vllm', 'openai'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (Path(done.stdout.strip()) / "_task_yaml").is_file()
