"""The cells of a sweep on a Ray cluster: a cell is a task, placed and started again by Ray."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ... import __version__
from ...errors import InputError
from .cells import Cell
from .cluster import NodeVersion, check_resources, check_versions
from .desk import Desk
from .money import Purse
from .on_node import pack
from .states import CellState

_POLL_S = 0.5
_NODES_EVERY_S = 5.0
_STOPS_WITHIN_S = 15.0


def task_of(ray: Any) -> Any:
    """The Ray task that carries out a cell.

    Its function is defined here so that Ray sends the function itself, and not its name: a node
    with another version of Snellen can then still say so.
    """

    def snellen_cell(version: str, packed: dict[str, Any], desk: Any) -> dict[str, Any]:
        try:
            found = str(importlib.import_module("snellen").__version__)
        except ImportError:
            found = "not installed"
        if found != version:
            context = ray.get_runtime_context()
            return {"wrong_version": (context.get_node_id(), found)}
        on_node = importlib.import_module("snellen.exams.sweep.on_node")
        return dict(on_node.carry_packed(packed, desk))

    return ray.remote(snellen_cell)


class RayEngine:
    """Carries out the cells of one sweep on a cluster.

    Attributes:
        avoided: nodes with another version of Snellen, which are given nothing.
    """

    def __init__(
        self,
        ray: Any,
        states: Sequence[CellState],
        purse: Purse,
        *,
        out: str,
        storage: str | None,
        prices: str | None,
        retries: int,
        tell: Callable[[], None],
        note: Callable[[str], None],
    ) -> None:
        """Check the cluster.

        Args:
            ray: Ray, connected.
            states: all cells; those that wait are carried out, and brought up to date.
            purse: what they may cost.
            out: the results folder, as an absolute path of this machine.
            storage: the URL of shared storage; none: everything is brought back to ``out``.
            prices: the text of the user's own prices.
            retries: how often a cell is started again whose node died.
            tell: is called after every change.
            note: is told what is worth a line.

        Raises:
            InputError: a node has another version of Snellen, a cell asks for more than the
                cluster has, or this machine is none of the cluster's and there is no storage.
        """
        self._ray = ray
        self._states = {state.cell.folder: state for state in states}
        self._purse = purse
        self._storage = storage
        self._prices = prices
        self._retries = retries
        self._tell = tell
        self._note = note
        waiting = [state.cell for state in states if state.state == "waiting"]
        versions = check_versions(ray)
        for one in versions:
            if not one.fits:
                raise InputError(str(one))
        self._known = [one.node for one in versions]
        self.avoided: list[NodeVersion] = []
        check_resources(ray.cluster_resources(), ray.nodes(), waiting)
        self._desk = self._open_desk(out)
        self._task = task_of(ray)
        self._running: dict[Any, CellState] = {}

    def carry_out(self) -> None:
        """Carry out everything that waits. An interrupt stops the cells and comes through."""
        looked = time.monotonic()
        try:
            while self._running or self._waiting():
                self._submit()
                self._wait()
                self._hear()
                if time.monotonic() - looked > _NODES_EVERY_S:
                    looked = time.monotonic()
                    self._look_at_new_nodes()
        except BaseException:
            self._stop()
            raise

    def _waiting(self) -> list[CellState]:
        submitted = {id(state) for state in self._running.values()}
        return [
            state
            for state in self._states.values()
            if state.state == "waiting" and id(state) not in submitted
        ]

    def _submit(self) -> None:
        """Hand to Ray what may run now; Ray places it where its resources are free."""
        for state in self._waiting():
            if not self._has_room(state.cell):
                continue
            given = self._purse.hold(state.cell)
            if given is None:
                if not self._running:
                    state.state = "stopped"
                    state.why = f"the budget of ${self._purse.limit or 0:g} is spent"
                continue
            entry = state.cell.entry
            packed = pack(state.cell, given, entry.most_at_once or 1, self._prices, self._storage)
            several = entry.nodes > 1  # then vLLM takes the GPUs from Ray itself
            options: dict[str, Any] = {
                "name": state.cell.name,
                "num_cpus": entry.cpus,
                "num_gpus": 0 if several else entry.gpus_per_node,
                "resources": entry.resources or None,
                "max_retries": self._retries,
            }
            if self.avoided:
                nodes = ",".join(one.node for one in self.avoided)
                options["label_selector"] = {"ray.io/node-id": f"!in({nodes})"}
            if several:
                address = self._ray.get_runtime_context().gcs_address
                options["runtime_env"] = {"env_vars": {"RAY_ADDRESS": address}}
            task = self._task.options(**options)
            self._running[task.remote(__version__, packed, self._desk)] = state
        self._tell()

    def _has_room(self, cell: Cell) -> bool:
        """Whether a cell may be submitted: its entry's limit, and GPUs that are not Ray's to give.

        A cell over several nodes has the GPUs of the cluster to itself: vLLM takes them while it
        starts, and would wait for ever for those that another cell holds.
        """
        running = [state.cell for state in self._running.values()]
        most = cell.entry.most_at_once
        if most is not None and sum(one.entry is cell.entry for one in running) >= most:
            return False
        on_gpus = [one for one in running if one.entry.gpus_per_node]
        if cell.entry.nodes > 1:
            return not on_gpus
        return not cell.entry.gpus_per_node or all(one.entry.nodes == 1 for one in on_gpus)

    def _wait(self) -> None:
        if not self._running:
            return
        refs = list(self._running)
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=_POLL_S)
        if ready:
            ready, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        for ref in ready:
            state = self._running.pop(ref)
            try:
                outcome = self._ray.get(ref)
            except self._ray.exceptions.RayError as error:
                outcome = {"state": "failed", "why": _words(error, self._retries)}
            self._take(state, outcome)
        if ready:
            self._tell()

    def _take(self, state: CellState, outcome: dict[str, Any]) -> None:
        if (wrong := outcome.get("wrong_version")) is not None:
            self._purse.paid(state.cell, None)
            self._avoid(*wrong)
            state.state = "waiting"
            return
        state.take(outcome)
        self._purse.paid(state.cell, state.cost_usd)
        if state.state == "stopped" and self._purse.may_go_on(state.cell):
            state.state = "waiting"

    def _hear(self) -> None:
        running = {id(state) for state in self._running.values()}
        for folder, told in self._ray.get(self._desk.told.remote()).items():
            state = self._states[folder]
            if id(state) in running:
                state.take(told)
        self._tell()

    def _look_at_new_nodes(self) -> None:
        for one in check_versions(self._ray, self._known):
            self._known.append(one.node)
            if not one.fits:
                self._avoid(one.node, one.found)

    def _avoid(self, node: str, found: str) -> None:
        if any(one.node == node for one in self.avoided):
            return
        address = next(
            (one["NodeManagerAddress"] for one in self._ray.nodes() if one["NodeID"] == node), node
        )
        wrong = NodeVersion(node, address, found)
        self.avoided.append(wrong)
        self._note(f"{wrong}; it is given nothing")

    def _open_desk(self, out: str) -> Any:
        ray = self._ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as Affinity

        options: dict[str, Any] = {"num_cpus": 0}
        outside = ray.util.client.ray.is_connected()
        if not outside:
            node = ray.get_runtime_context().get_node_id()
            options["scheduling_strategy"] = Affinity(node, soft=False)
        elif self._storage is None:
            raise InputError(
                "ray:// connects from outside the cluster, which cannot bring results back; give "
                "--storage URL, or run the sweep on a machine of the cluster"
            )
        return ray.remote(Desk).options(**options).remote("" if self._storage else out)

    def _stop(self) -> None:
        """Stop every cell: what it has been answered is kept."""
        with suppress(Exception, KeyboardInterrupt):
            for ref in self._running:
                self._ray.cancel(ref)
            refs = list(self._running)
            if refs:
                self._ray.wait(refs, num_returns=len(refs), timeout=_STOPS_WITHIN_S)
            for ref in self._running:
                self._ray.cancel(ref, force=True)


def _words(error: Exception, retries: int) -> str:
    """What became of a task, in a line."""
    name = type(error).__name__
    if name in ("WorkerCrashedError", "NodeDiedError", "OwnerDiedError", "LocalRayletDiedError"):
        return f"its node or process died, and {retries} more times after it was started again"
    if name == "OutOfMemoryError":
        return "its node ran out of memory, and Ray ended it; give it more 'cpus' or another node"
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{name}: {' '.join((lines or [''])[-1].split())[:300]}"
