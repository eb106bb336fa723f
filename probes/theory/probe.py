"""``probe theory``: the paper's results as tables and figures."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ..drawing import save_figure
from ..folder import Parts, probe_folder, versions, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent
from ..states.arithmetic import local_packages, machine_record
from .figures import FIGURES
from .tables import theory_tables

NOTES = (
    "One untrained head whose last token is repeated: the distance falls as n to the power of the",
    "  exponent, by encoding, logit scale and ALiBi slope; paper: the cells of its Figure 10",
)


def probe_theory(
    seeds: int = 20, *, out: Path = Path("results"), progress: Progress = silent
) -> ProbeResult:
    """Run the theory bench and write a table and a figure per result.

    Args:
        seeds: Draws per point.
        out: The results folder.
        progress: Told what is being computed.

    Raises:
        InputError: Fewer than two seeds: no interval could be given.
    """
    if seeds < 2:
        raise InputError(f"--seeds {seeds} gives no interval: use 2 or more")
    local_packages()
    record = {"seeds": seeds}
    folder = probe_folder(out, "theory", "theory", record)
    identity = {**record, "versions": versions(), "machine": machine_record("cpu")}
    tables = theory_tables(seeds, progress, Parts(folder, identity))
    write_tables(folder, tables)
    for name, draw in FIGURES.items():
        save_figure(draw(tables), folder / "figures", name)
    write_manifest(folder, "theory", "theory", record)
    return ProbeResult(folder, tables["fig10_exponents"].round(3), [], tables, notes=NOTES)
