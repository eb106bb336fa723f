"""The wire server as a process of its own, for benchmarks::

python tests/wire/wirescript.py --port 8000 --rate 5
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web
from shapes import OpenAIShape, answer_to
from wireserver import FairLimit, Wire


class Bare(asyncio.Protocol):
    """Chat completions and nothing else, at a tenth of the cost: it never holds a client up."""

    def __init__(self, latency_s: float = 0.0) -> None:
        self._latency_s = latency_s
        self._shape = OpenAIShape("chat/completions")
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)content-length: *(\d+)", self._received[:end])
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < total:
                return
            body, self._received = self._received[end + 4 : total], self._received[total:]
            prompt = json.loads(body)["messages"][-1]["content"]
            content = json.dumps(self._shape.answer(prompt, answer_to(prompt))).encode()
            head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(content)}"
            assert self._transport is not None
            answer = head.encode() + b"\r\n\r\n" + content
            if self._latency_s:
                loop = asyncio.get_running_loop()
                loop.call_later(self._latency_s, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve_bare(port: int, latency_s: float = 0.0) -> None:
    """Serve :class:`Bare` until cancelled."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Bare(latency_s), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


@contextmanager
def server_process(*options: str) -> Iterator[str]:
    """This file as a server in a process of its own; gives its root address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--port", str(port), *options])
    try:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise RuntimeError("the wire server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, help="admit so many calls per second, fairly")
    parser.add_argument("--burst", type=float, default=1.0)
    parser.add_argument("--hint", choices=["exact", "whole"])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per answer")
    parser.add_argument("--bare", action="store_true", help="chat completions only, and fast")
    args = parser.parse_args()
    if args.bare:
        asyncio.run(serve_bare(args.port, args.latency))
        sys.exit()
    limit = FairLimit(args.rate, args.burst, args.hint) if args.rate else None
    wire = Wire(limit=limit, latency_s=args.latency)
    web.run_app(wire.app(), host="127.0.0.1", port=args.port, print=None, access_log=None)
