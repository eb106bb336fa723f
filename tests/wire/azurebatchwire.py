"""The batch API of Azure: OpenAI's, but that a file must be taken in first, and names get lost."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from batchwire import BatchWire
from shapes import Json


class AzureBatchWire(BatchWire):
    """Answers under ``/openai``, asked with a key and a version in the query."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._named: dict[str, str | None] = {}  # files, by their id
        self._taken_in: set[str] = set()

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = super().app()
        app.router.add_post("/openai/files", self._azure_upload, name="upload3")
        app.router.add_get("/openai/files", self._azure_files)
        app.router.add_get("/openai/files/{file}", self._azure_file)
        app.router.add_get("/openai/files/{file}/content", self._openai_fetch, name="fetch3")
        app.router.add_post("/openai/batches", self._azure_create, name="create3")
        app.router.add_get("/openai/batches", self._azure_list, name="list3")
        app.router.add_get("/openai/batches/{batch}", self._openai_get, name="get3")
        return app

    async def _azure_upload(self, request: web.Request) -> web.StreamResponse:
        part = (await request.post())["file"]
        assert isinstance(part, web.FileField)
        name = f"file-{len(self._files)}"
        self._files[name] = part.file.read()
        self._named[name] = part.filename
        return web.json_response(self._object(name, "pending"))

    async def _azure_files(self, request: web.Request) -> web.StreamResponse:
        assert request.query["purpose"] == "batch"
        rows = [self._object(name, "processed") for name in self._named]
        return web.json_response({"object": "list", "data": rows, "has_more": False})

    async def _azure_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        self._taken_in.add(name)
        return web.json_response(self._object(name, "processed"))

    def _object(self, name: str, status: str) -> Json:
        return {"id": name, "object": "file", "filename": self._named[name], "status": status}

    async def _azure_create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.query["api-version"]
        assert request.headers["api-key"]
        assert body["endpoint"] == "/chat/completions"
        if body["input_file_id"] not in self._taken_in:
            error = {"code": "invalidPayload", "message": "The file is not processed yet."}
            return web.json_response({"error": error}, status=400)
        return await self._openai_create(request)

    async def _azure_list(self, request: web.Request) -> web.StreamResponse:
        rows = [self._openai_batch(batch, ended=False) for batch in reversed(self.batches)]
        rows = [row | {"metadata": None} for row in rows]
        return web.json_response({"object": "list", "data": rows, "has_more": False})
