"""Bodies of the wire server's answers and errors, one class per format."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

from aiohttp import web

Json = dict[str, Any]


def answer_to(prompt: str) -> str:
    """The answer to a prompt, the same from every server."""
    return hashlib.sha256(prompt.encode()).hexdigest()[:12]


class OpenAIShape:
    """Bodies of OpenAI's three endpoints."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def answer(self, prompt: str, text: str | None, finish: str = "stop", **message: Any) -> Json:
        usage: Json = {
            "prompt_tokens": len(prompt.split()),
            "completion_tokens": 3,
            "total_tokens": 9,
        }
        head: Json = {"id": "x", "created": 1, "model": "wire-1-2026", "system_fingerprint": "fp_1"}
        if self.kind == "responses":
            return {
                "id": "x",
                "object": "response",
                "model": "wire-1-2026",
                "status": "incomplete" if finish == "length" else "completed",
                "incomplete_details": {"reason": "max_output_tokens"}
                if finish == "length"
                else None,
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": text}]},
                ],
                "usage": {
                    "input_tokens": len(prompt.split()),
                    "output_tokens": 3,
                    "output_tokens_details": {"reasoning_tokens": 2},
                },
            }
        if self.kind == "completions":
            choice: Json = {"index": 0, "text": text, "finish_reason": finish}
            return head | {"object": "text_completion", "choices": [choice], "usage": usage}
        content: Json = {"role": "assistant", "content": text} | message
        choice = {"index": 0, "message": content, "finish_reason": finish}
        usage["completion_tokens_details"] = {"reasoning_tokens": 2}
        return head | {"object": "chat.completion", "choices": [choice], "usage": usage}

    def odd(self, fault: str, prompt: str) -> Json:
        """A well-formed answer that is not a plain one."""
        text = answer_to(prompt)
        if fault == "refusal":
            return self.answer(prompt, None, refusal="I cannot help with that.")
        if fault == "reasoning":
            return self.answer(prompt, text, reasoning_content="let me see")
        if fault == "no_usage":
            return self.answer(prompt, text) | {"usage": None}
        if fault == "error_in_body":
            return {"error": {"message": "upstream overloaded", "code": 503}}
        if fault == "no_choices":
            return {"hello": "world"}
        texts = {"empty": "", "null": None}
        finish = fault if fault in ("length", "content_filter", "abort") else "stop"
        return self.answer(prompt, texts.get(fault, text), finish)

    def refusal(self, wait: float, hint: str | None) -> web.Response:
        """A 429 of the rate limit."""
        return self.status(429, hinted(wait, hint))

    def status(self, status: int, wait: float | None = None) -> web.Response:
        """A bare HTTP error."""
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        error = {"message": f"status {status}", "type": "server_error", "code": None}
        return web.json_response({"error": error}, status=status, headers=headers)

    def error(self, name: str, message: str) -> web.Response:
        """An error by name."""
        status, code, param = {
            "wrong_key": (401, "invalid_api_key", None),
            "forbidden": (403, "unsupported_country_region_territory", None),
            "unknown_model": (404, "model_not_found", None),
            "overflow": (400, "context_length_exceeded", "messages"),
            "blocked_prompt": (400, "content_filter", None),
            "no_money": (429, "insufficient_quota", None),
            "no_temperature": (400, "unsupported_value", "temperature"),
            "no_seed": (400, None, None),
            "no_stop": (400, "unsupported_parameter", "stop"),
            "no_max_tokens": (400, "unsupported_parameter", "max_tokens"),
            "responses_only": (404, None, "model"),
        }[name]
        message = {
            "no_temperature": "Unsupported value: 'temperature' does not support 0.0.",
            "no_seed": "Unrecognized request argument supplied: `seed`",
            "no_stop": "Unsupported parameter: 'stop' is not supported with this model.",
            "no_max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this "
            "model. Use 'max_completion_tokens' instead.",
            "responses_only": "This model is only supported in v1/responses and not in "
            "v1/chat/completions.",
            "overflow": "This model's maximum context length is 8192 tokens.",
        }.get(name, message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        return web.json_response({"error": error}, status=status)


class GeminiShape:
    """Bodies of Gemini's generateContent."""

    def answer(self, prompt: str, text: str | None, finish: str = "STOP") -> Json:
        content: Json = {"role": "model"}
        if text is not None:
            content["parts"] = [{"text": "hm", "thought": True}, {"text": text}]
        return {
            "candidates": [{"content": content, "finishReason": finish, "index": 0}],
            "usageMetadata": {
                "promptTokenCount": len(prompt.split()),
                "candidatesTokenCount": 3,
                "thoughtsTokenCount": 2,
                "totalTokenCount": 9,
            },
            "modelVersion": "wire-1-002",
        }

    def odd(self, fault: str, prompt: str) -> Json:
        """A well-formed answer that is not a plain one."""
        text = answer_to(prompt)
        if fault == "blocked_prompt":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": "w"}
        if fault == "no_candidates":
            return {"modelVersion": "wire-1-002"}
        if fault in ("empty", "null"):
            return self.answer(prompt, "" if fault == "empty" else None)
        return self.answer(prompt, None if fault == "SAFETY" else text, fault)

    def refusal(self, wait: float, hint: str | None) -> web.Response:
        """A 429 of the rate limit."""
        return self.status(429, hinted(wait, hint))

    def status(self, status: int, wait: float | None = None) -> web.Response:
        """A bare HTTP error; Gemini names the wait in the body."""
        details = []
        if wait is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details.append({"@type": kind, "retryDelay": f"{wait:.3f}s"})
        word = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}.get(status, "INTERNAL")
        error = {"code": status, "message": f"status {status}", "status": word, "details": details}
        return web.json_response({"error": error}, status=status)

    def error(self, name: str, message: str) -> web.Response:
        """An error by name."""
        status, word, reason = {
            "wrong_key": (400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
            "forbidden": (403, "PERMISSION_DENIED", "CONSUMER_SUSPENDED"),
            "unknown_model": (404, "NOT_FOUND", None),
            "overflow": (400, "INVALID_ARGUMENT", None),
            "no_location": (400, "FAILED_PRECONDITION", None),
            "no_level": (400, "INVALID_ARGUMENT", None),
            "no_thinking": (400, "INVALID_ARGUMENT", None),
            "no_seed": (400, "INVALID_ARGUMENT", None),
            "daily_quota": (429, "RESOURCE_EXHAUSTED", "DAILY"),
        }[name]
        message = {
            "overflow": "The input token count (2000000) exceeds the maximum number of tokens "
            "allowed (1048575).",
            "no_level": "Thinking level is not supported for this model.",
            "no_thinking": "Thinking is not supported: thinking_budget is invalid.",
            "no_seed": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
            "no_location": "User location is not supported for the API use.",
        }.get(name, message)
        details: list[Json] = []
        if reason == "DAILY":
            quota = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
            kind = "type.googleapis.com/google.rpc.QuotaFailure"
            details.append({"@type": kind, "violations": [quota]})
        elif reason:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            details.append({"@type": kind, "reason": reason, "domain": "googleapis.com"})
        error = {"code": status, "message": message, "status": word, "details": details}
        return web.json_response({"error": error}, status=status)


class OllamaShape(OpenAIShape):
    """Bodies of Ollama's chat; its errors are words and a status."""

    def __init__(self) -> None:
        super().__init__("ollama")

    def answer(self, prompt: str, text: str | None, finish: str = "stop", **message: Any) -> Json:
        return {
            "model": "wire-1:q4",
            "message": {"role": "assistant", "content": text},
            "done_reason": finish,
            "prompt_eval_count": len(prompt.split()),
            "eval_count": 3,
        }


Shape = OpenAIShape | GeminiShape


def camel_case(value: Any) -> Any:
    """JSON with its names as Google documents them; its servers, and its SDK, use either case."""
    if isinstance(value, list):
        return [camel_case(item) for item in value]
    if isinstance(value, dict):
        return {
            re.sub(r"_([a-z])", lambda found: found[1].upper(), name): camel_case(item)
            for name, item in value.items()
        }
    return value


def hinted(wait: float, hint: str | None) -> float | None:
    if hint is None:
        return None
    return wait if hint == "exact" else float(math.ceil(wait))
