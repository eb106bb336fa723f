"""What a tracker kept on disk, as JSON; run by the Python of the trackers' environment.

python tests/sweep/tracked.py wandb FOLDER | trackio PROJECT
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK = 32768
HEAD = 7  # of a file, and of each piece of a record


def records(path: Path) -> Iterator[bytes]:
    """The records of a ``.wandb`` file, which is a log of LevelDB's format."""
    data, at, whole = path.read_bytes(), HEAD, b""
    while at + HEAD <= len(data):
        room = BLOCK - at % BLOCK
        if room < HEAD:
            at += room
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEAD])
        whole += data[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (1, 4):  # full, last
            yield whole
            whole = b""


def of_wandb(folder: Path) -> list[dict[str, Any]]:
    """Every run: its name, its history, its artifacts, its summary."""
    from wandb.proto import wandb_internal_pb2

    found = []
    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        run: dict[str, Any] = {"history": [], "artifacts": {}, "summary": {}, "media": []}
        for content in records(path):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(content)
            if record.HasField("run"):
                run["name"], run["group"] = record.run.display_name, record.run.run_group
            if record.HasField("history"):
                row = {
                    item.key or ".".join(item.nested_key): json.loads(item.value_json)
                    for item in record.history.item
                }
                run["history"].append(row)
            if record.HasField("summary"):
                for item in record.summary.update:
                    run["summary"][item.key or item.nested_key[0]] = json.loads(item.value_json)
            if record.request.HasField("log_artifact"):
                kept = record.request.log_artifact.artifact
                run["artifacts"][kept.type] = [one.path for one in kept.manifest.contents]
            if record.HasField("artifact"):
                kept = record.artifact
                run["artifacts"][kept.type] = [one.path for one in kept.manifest.contents]
        run["media"] = [str(one.name) for one in (path.parent / "files").rglob("*.html")]
        found.append(run)
    return found


def of_trackio(project: str) -> list[dict[str, Any]]:
    """Every run of a project: its name, its logs, the artifacts of the project."""
    import trackio
    from trackio import server
    from trackio.sqlite_storage import SQLiteStorage

    artifacts = [str(one) for one in server.list_artifacts(project)]
    assert trackio.__version__
    return [
        {
            "name": run,
            "history": SQLiteStorage.get_logs(project, run),
            "artifacts": artifacts,
        }
        for run in SQLiteStorage.get_runs(project)
    ]


if __name__ == "__main__":
    kind, where = sys.argv[1:]
    found = of_wandb(Path(where)) if kind == "wandb" else of_trackio(where)
    print("\n" + json.dumps(found, default=str))
