"""A Ray cluster of processes on this machine, run as a process of its own::

python tests/sweep/raycluster.py --cpus 1,1,1

It prints the address of the head, which has no CPUs to give, and then does what each line of its
input says: ``add CPUS`` adds a node (``add CPUS FOLDER``: one that finds its packages in a folder
first), ``kill INDEX`` ends every process of a node with SIGKILL.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STORE = 80 * 2**20  # bytes of shared memory of each node
PATIENCE_S = 300  # a busy machine starts a node slowly


class Cluster:
    """The cluster from outside."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address

    def do(self, line: str) -> None:
        """Add or kill a node; returns once that is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        if (said := self._process.stdout.readline().strip()) != "done":
            raise RuntimeError(f"the cluster did not do {line!r}: {said!r}")


@contextmanager
def cluster(cpus: str, **environment: str) -> Iterator[Cluster]:
    """A cluster whose nodes have so many CPUs each; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--cpus", cpus],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            **os.environ,
            "RAY_USAGE_STATS_ENABLED": "0",
            **environment,
        },
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("the cluster did not start")
        yield Cluster(process, address)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.stdout.close()
        process.wait()


def main(cpus: list[int]) -> None:
    """Serve one cluster until the input ends."""
    import psutil
    from ray.cluster_utils import Cluster as Processes

    def add(count: int, folder: str | None = None) -> Any:
        packages = {"PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"}
        node = patiently(
            lambda: made.add_node(
                wait=False,
                num_cpus=count,
                object_store_memory=STORE,
                include_dashboard=False,
                env_vars=packages if folder else None,
            )
        )
        made.wait_for_nodes(timeout=PATIENCE_S)
        return node

    head = {"num_cpus": 0, "wait": False, "object_store_memory": STORE, "include_dashboard": False}
    made = patiently(lambda: Processes(initialize_head=True, head_node_args=head))
    nodes = [add(count) for count in cpus]
    print(made.address, flush=True)
    try:
        for line in sys.stdin:
            what, number, *folder = line.split()
            if what == "add":
                nodes.append(add(int(number), *folder))
            else:
                made.worker_nodes.discard(nodes[int(number)])  # nobody shall wait for it
                raylets = [
                    info.process.pid
                    for infos in nodes[int(number)].all_processes.values()
                    for info in infos
                ]
                lost = [psutil.Process(pid) for pid in raylets]
                lost += [child for one in lost for child in one.children(recursive=True)]
                for one in lost:
                    with_no_grace(one)
            print("done", flush=True)
    finally:
        made.shutdown()


def patiently(start: Callable[[], Any]) -> Any:
    """What a start gives; Ray allows each 30 s, which is not enough on a very busy machine."""
    for left in (3, 2, 1, 0):
        try:
            return start()
        except Exception:  # of Exception itself
            if not left:
                raise
    raise AssertionError


def with_no_grace(process: Any) -> None:
    """SIGKILL, if it is still there."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpus", required=True, help="CPUs of each node, with commas")
    # Whatever Ray prints goes elsewhere: the output is for the address and the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdout = answers
    sys.path.remove(str(Path(__file__).parent))
    main([int(word) for word in parser.parse_args().cpus.split(",")])
