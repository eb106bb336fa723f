"""Shared storage on an S3 server, through s3fs: part of ``make test-served``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from wireserver import Wire

from ..served.servers import ROOT, free_port, python_of, running
from .sweep_servers import Counting

pytestmark = pytest.mark.served
CONCURRENCY = 2
SOMEBODY = {  # the server looks at no signature, and gives nothing to nobody
    "Authorization": "AWS4-HMAC-SHA256 Credential=me/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


@dataclass(frozen=True)
class Bucket:
    """A bucket on a server of this machine, looked at past s3fs."""

    root: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT / ".typecheck"),
            "AWS_ACCESS_KEY_ID": "a-key-of-nobody",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-nobody",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.root,
        }

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """A sweep in the environment that has s3fs."""
        command = [python_of("s3"), "-m", "snellen", "sweep", *words]
        return subprocess.Popen(
            [*map(str, command)], stderr=subprocess.PIPE, text=True, env=self.environment
        )

    def names(self) -> list[str]:
        listed = self._get("bucket?list-type=2")
        return re.findall(r"<Key>(.*?)</Key>", listed)

    def parts(self) -> set[str]:
        """The prompts whose answers lie in parts of cells that are not finished."""
        found = set()
        for name in self.names():
            if "/parts/" in name:
                lines = self._get(f"bucket/{name}").splitlines()
                found |= {json.loads(line)["prompt_sha256"] for line in lines}
        return found

    def _get(self, path: str) -> str:
        answer = httpx2.get(f"{self.root}/{path}", headers=SOMEBODY, trust_env=False)
        return answer.raise_for_status().text


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    command = [str(python_of("s3")), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("moto") / "log"
    with running(command, f"{root}/moto-api/data.json", log):
        assert httpx2.put(f"{root}/bucket", trust_env=False).status_code == 200
        yield Bucket(root)


def test_a_killed_sweep_goes_on_from_a_bucket(
    serve: Callable[[Wire], str], write_plan: Callable[..., Path], bucket: Bucket
) -> None:
    wire = Counting(latency_s=0.6)
    plan = write_plan(serve(wire), tasks="count_ones,copy_last", trials=6)
    words = (plan, "--storage", "s3://bucket/sweep")
    running = bucket.start(*words, "--out", "one")
    while len(wire.calls) < 8 or not any("/parts/" in name for name in bucket.names()):
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.kill()
    running.communicate()
    kept, before = bucket.parts(), wire.asked()
    assert kept

    again = bucket.start(*words, "--out", "two")  # as another machine, with nothing of its own
    _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    asked = wire.asked()
    assert len(asked) == 2 * 3 * 6
    twice = {question for question, count in asked.items() if count > 1}
    assert twice <= set(before)
    assert not {prompt for _, prompt in twice} & kept  # what was shipped is not paid for again
    assert len(twice) <= 2 * CONCURRENCY
    assert len(list(Path("two").glob("*/*/trials.csv"))) == 2
    names = bucket.names()
    assert "sweep/sweep.json" in names
    assert sum(name.endswith("/trials.csv") for name in names) == 2
    assert not [name for name in names if "/parts/" in name or name.endswith("sweep.lock")]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://nowhere/x", "The specified bucket does not exist"),
        ("gs://bucket/x", "gs:// needs gcsfs: pip install gcsfs"),
    ],
)
def test_storage_that_is_not_there_is_one_line(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    bucket: Bucket,
    url: str,
    says: str,
) -> None:
    wire = Counting()
    refused = bucket.start(write_plan(serve(wire)), "--storage", url)
    _, err = refused.communicate(timeout=120)
    assert (refused.returncode, err.count("\n")) == (2, 1), err
    assert says in err
    assert wire.calls == []
