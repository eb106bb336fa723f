"""A Ray cluster: reached or refused in one line, and its nodes checked before they are used."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from ... import __version__
from ...errors import InputError
from .cells import Cell

_REACHED_WITHIN_S = 5.0
_ANSWERS_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class NodeVersion:
    """What a node has installed.

    Attributes:
        node: Ray's name for it.
        address: its address.
        found: its version of Snellen, or ``not installed``.
    """

    node: str
    address: str
    found: str

    @property
    def fits(self) -> bool:
        """Whether it is the version that this machine has."""
        return self.found == __version__

    def __str__(self) -> str:
        return (
            f"the node {self.address} has snellen {self.found}, this machine has {__version__}; "
            "install the same version on both"
        )


def check_installed() -> None:
    """Make sure that Ray is installed.

    Raises:
        InputError: it is not.
    """
    if find_spec("ray") is None:
        raise InputError("--engine ray needs Ray: pip install 'snellen[ray]'")


def _ray() -> ModuleType:
    """Ray, imported; that takes seconds, so not before the address was looked at."""
    # Ray reports its use to its makers unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    return importlib.import_module("ray")


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster.

    Without an address that is the one this machine belongs to, or one of this machine alone that
    is started for the purpose.

    Raises:
        InputError: there is no cluster at the address, or it runs another version of Ray.
    """
    check_installed()
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address is not None:
        check_reachable(address)
    ray = _ray()
    mine = not ray.is_initialized()
    if mine:
        try:
            _connect(ray, address)
        except Exception as error:  # Ray raises of every kind
            raise InputError(
                f"cannot use the Ray cluster at {address or 'this machine'}: "
                f"{' '.join(str(error).split())[:300]}"
            ) from error
    try:
        yield ray
    finally:
        if mine:
            ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    if address is not None:
        ray.init(address=address, **quiet)
        return
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError:
        ray.init(include_dashboard=False, **quiet)


def check_reachable(address: str) -> None:
    """Make sure within a few seconds that somebody listens at an address.

    Raises:
        InputError: nobody does, or the address is none.
    """
    if address in ("auto", "local"):
        return
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = parts.hostname, parts.port or (10001 if parts.scheme == "ray" else 6379)
    except ValueError:
        host, port = None, 0
    if not host:
        raise InputError(f"--address {address}: HOST:PORT of a cluster's head, or ray://HOST:PORT")
    try:
        with socket.create_connection((host, port), _REACHED_WITHIN_S) as connection:
            is_ray = _speaks_grpc(connection)
    except OSError as error:
        raise InputError(
            f"no Ray cluster answers at {address}: {error.strerror or error}; start one with "
            "'ray start --head', or leave --address out for this machine alone"
        ) from error
    if not is_ray:
        raise InputError(
            f"what answers at {address} is no Ray cluster; name HOST:PORT of its head, as "
            "'ray start' printed it"
        )


def _speaks_grpc(connection: socket.socket) -> bool:
    """Whether the other side answers an HTTP/2 greeting with its settings, as Ray's ports do.

    Ray itself would wait for most of a minute before it gives up.
    """
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)
    answer = b""
    while len(answer) < 4 and (more := connection.recv(9)):
        answer += more
    return answer[3:4] == settings[3:4]


def check_versions(ray: Any, known: Sequence[str] = ()) -> list[NodeVersion]:
    """What the living nodes have installed, but for those that are known already.

    A node that does not answer is dying, or not quite there yet; it is left out.
    """

    # Defined here so that Ray sends the function itself: a node with another Snellen would not
    # find it under its name.
    def version() -> str:
        try:
            return str(importlib.import_module("snellen").__version__)
        except ImportError:
            return "not installed"

    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as Affinity

    ask = ray.remote(version)
    asked = {
        node["NodeID"]: (
            node["NodeManagerAddress"],
            ask.options(
                num_cpus=0, max_retries=0, scheduling_strategy=Affinity(node["NodeID"], soft=False)
            ).remote(),
        )
        for node in ray.nodes()
        if node["Alive"] and node["NodeID"] not in known
    }
    found = []
    for node, (address, answer) in asked.items():
        with suppress(ray.exceptions.RayError, TimeoutError):
            found.append(NodeVersion(node, address, ray.get(answer, timeout=_ANSWERS_WITHIN_S)))
    return found


def check_resources(
    resources: Mapping[str, float], nodes: Sequence[Any], cells: Sequence[Cell]
) -> None:
    """Make sure that the cluster can ever hold each cell.

    Args:
        resources: what the whole cluster has.
        nodes: its nodes, as Ray lists them.
        cells: what is to be carried out.

    Raises:
        InputError: a cell asks for more than there is.
    """
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    for entry in {id(cell.entry): cell.entry for cell in cells}.values():
        wanted = {"GPU": entry.gpus_per_node, "CPU": entry.cpus, **entry.resources}
        every = {name: amount for name, amount in wanted.items() if amount}
        if entry.nodes > 1:
            having = sum(node.get("GPU", 0.0) >= every.get("GPU", 0.0) for node in alive)
            if having < entry.nodes:
                raise InputError(
                    f"a cell of {entry.model} asks for {every.get('GPU', 0):g} GPUs on each of "
                    f"{entry.nodes} nodes; the cluster has {having} such nodes and "
                    f"{resources.get('GPU', 0):g} GPUs in all"
                )
            continue
        if not any(all(node.get(name, 0.0) >= x for name, x in every.items()) for node in alive):
            asked = ", ".join(f"{amount:g} {name}" for name, amount in every.items())
            most = ", ".join(
                f"{max((node.get(name, 0.0) for node in alive), default=0):g} {name}"
                for name in every
            )
            raise InputError(
                f"a cell of {entry.model} asks for {asked} on one node; the nodes of the cluster "
                f"have at most {most}, and {resources.get('GPU', 0):g} GPUs in all"
            )
