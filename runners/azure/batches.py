"""Azure's batches through the SDK's own Azure client: OpenAI's, with a few differences.

https://learn.microsoft.com/azure/ai-services/openai/how-to/batch
"""

from __future__ import annotations

import time
from collections.abc import Set
from functools import partial
from typing import Any

import openai
from openai.types import FileObject

from ...errors import ModelRefused
from ..dispatch.provider import Retryable
from ..openai.batches import OpenAIBatches
from ..openai.wire import RESPONSES
from .provider import Azure

_LOOK_S = 2.0  # between two looks at a file that Azure has not taken in yet
_LOOKS = 150


class AzureBatches(OpenAIBatches, Azure):
    """A Global-Batch deployment; a :class:`~snellen.runners.batch.service.BatchService`."""

    most_lines = 100_000

    def _open(self, **settings: Any) -> openai.OpenAI:
        return openai.AzureOpenAI(**self._resource, **settings)

    def _url(self, path: str) -> str:
        return f"/v1{path}" if path == RESPONSES.path else path

    def _settle(self, uploaded: FileObject) -> None:
        """Wait until Azure has taken a file in; a batch made of it before is refused.

        Raises:
            ModelRefused: it does not take the file.
            Retryable: it has not taken it in for minutes.
        """
        status, found = uploaded.status, uploaded
        for _ in range(_LOOKS):
            if status == "processed":
                return
            if status == "error":
                raise ModelRefused(
                    f"{self.base_url} refused the file of a batch: {found.status_details or status}"
                )
            time.sleep(_LOOK_S)
            found = self._call(partial(self._client.files.retrieve, uploaded.id))
            status = found.status
        raise Retryable(f"the file of the batch is still {status}")

    def _files(self, name: str) -> Set[str]:
        """Files of requests by their name: Azure need not give back a batch's metadata."""
        files = self._client.files.list(purpose="batch")
        return {file.id for file in files if file.filename == f"{name}.jsonl"}
