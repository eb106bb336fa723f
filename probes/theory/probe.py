"""``probe theory``: the paper's results as tables and figures."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ..drawing import save_figure
from ..folder import probe_folder, write_manifest, write_tables
from ..result import ProbeResult
from ..states.arithmetic import local_packages
from .figures import FIGURES
from .tables import theory_tables


def probe_theory(seeds: int = 20, *, out: Path = Path("results")) -> ProbeResult:
    """Run the theory bench and write a table and a figure per result.

    Args:
        seeds: Draws per point.
        out: The results folder.

    Raises:
        InputError: Fewer than two seeds: no interval could be given.
    """
    if seeds < 2:
        raise InputError(f"--seeds {seeds} gives no interval: use 2 or more")
    local_packages()
    record = {"seeds": seeds}
    folder = probe_folder(out, "theory", "theory", record)
    tables = theory_tables(seeds)
    write_tables(folder, tables)
    for name, draw in FIGURES.items():
        save_figure(draw(tables), folder / "figures", name)
    write_manifest(folder, "theory", "theory", record)
    return ProbeResult(folder, tables["fig10_exponents"].round(3), [], tables)
