"""What providers, servers of one's own and proxies really say when they do not answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from snellen.runners.meaning.table import Meaning

CLOUDFLARE_502 = """<!DOCTYPE html><html><head><title>example.com | 502: Bad gateway</title>
<style>body { color: red }</style></head><body><h1>Bad gateway</h1></body></html>"""
CLOUDFLARE_403 = "<html><head><title>Attention Required! | Cloudflare</title></head></html>"

SAID: list[tuple[Meaning, int | None, Any]] = [
    # OpenAI
    (Meaning.WAIT, 429, {"error": {"message": "Rate limit reached for gpt-x in organization org-1 "
     "on tokens per min (TPM): Limit 10000, Used 9500, Requested 2000. Please try again in 9s.",
     "type": "tokens", "code": "rate_limit_exceeded"}}),
    (Meaning.TOO_LARGE, 429, {"error": {"message": "Request too large for gpt-x in organization "
     "org-1 on tokens per min (TPM): Limit 30,000, Requested 40,250.", "type": "tokens"}}),
    (Meaning.OUT_OF_MONEY, 429, {"error": {"message": "You exceeded your current quota, please "
     "check your plan and billing details.", "type": "insufficient_quota"}}),
    (Meaning.WRONG_KEY, 401, {"error": {"message": "Incorrect API key provided: sk-x.",
     "code": "invalid_api_key"}}),
    (Meaning.MODERATED, 400, {"error": {"message": "Invalid prompt: your prompt was flagged as "
     "potentially violating our usage policy.", "code": "invalid_prompt"}}),
    (Meaning.REJECTED, 400, {"error": {"message": "Invalid prompt: it is not a string.",
     "code": "invalid_prompt"}}),
    (Meaning.NO_MODEL, 404, {"error": {"message": "The model `m` does not exist or you do not "
     "have access to it.", "type": "invalid_request_error", "code": "model_not_found"}}),
    (Meaning.WRONG_PLACE, 404, {"error": {"message": "Invalid URL (POST /chat/completions)",
     "type": "invalid_request_error"}}),
    (Meaning.FORBIDDEN, 403, {"error": {"message": "Country, region, or territory not supported",
     "code": "unsupported_country_region_territory"}}),
    (Meaning.WAIT, 503, {"error": {"message": "The engine is currently overloaded, please try "
     "again later", "type": "server_error"}}),
    # Azure
    (Meaning.MODERATED, 400, {"error": {"message": "The response was filtered due to the prompt "
     "triggering Azure OpenAI's content management policy.", "code": "content_filter",
     "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
    (Meaning.NO_MODEL, 404, {"error": {"code": "DeploymentNotFound",
     "message": "The API deployment for this resource does not exist."}}),
    (Meaning.WRONG_KEY, 401, {"statusCode": 401, "message": "Access denied due to invalid "
     "subscription key or wrong API endpoint."}),
    # Gemini and Vertex
    (Meaning.WRONG_KEY, 400, [{"error": {"code": 400, "message": "API key not valid. Please pass a "
     "valid API key.", "status": "INVALID_ARGUMENT",
     "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                  "reason": "API_KEY_INVALID"}]}}]),
    (Meaning.WAIT, 429, {"error": {"code": 429, "message": "You exceeded your current quota, "
     "please check your plan and billing details.", "status": "RESOURCE_EXHAUSTED",
     "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}]}}),
    (Meaning.DAY_IS_SPENT, 429, {"error": {"code": 429, "message": "quota", "details": [
     {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}),
    (Meaning.NO_MODEL, 404, {"error": {"code": 404, "message": "models/m is not found for API "
     "version v1beta", "status": "NOT_FOUND"}}),
    (Meaning.FORBIDDEN, 400, {"error": {"code": 400, "message": "User location is not supported "
     "for the API use.", "status": "FAILED_PRECONDITION"}}),
    (Meaning.OUT_OF_MONEY, 403, {"error": {"code": 403, "message": "Permission denied: Consumer "
     "'projects/1' has been suspended.", "status": "PERMISSION_DENIED"}}),
    (Meaning.TOO_LARGE, 400, {"error": {"code": 400, "message": "The input token count (2000000) "
     "exceeds the maximum number of tokens allowed (1048575).", "status": "INVALID_ARGUMENT"}}),
    # OpenRouter: the provider's own error inside
    (Meaning.OUT_OF_MONEY, 402, {"error": {"code": 402, "message": "Insufficient credits."}}),
    (Meaning.MODERATED, 403, {"error": {"code": 403, "message": "m requires moderation",
     "metadata": {"reasons": ["violence"], "flagged_input": "…"}}}),
    (Meaning.WAIT, None, {"error": {"code": 502, "message": "Provider returned error",
     "metadata": {"raw": '{"error":{"message":"upstream busy"}}'}}}),
    (Meaning.TOO_LARGE, 400, {"error": {"code": 400, "message": "Provider returned error",
     "metadata": {"raw": '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}'}}}),
    (Meaning.NO_MODEL, 400, {"error": {"code": 400, "message": "m is not a valid model ID"}}),
    # Mistral, Together, Groq, DeepSeek, xAI, Fireworks, Moonshot, Zhipu, Alibaba, Anthropic
    (Meaning.REJECTED, 422, {"object": "error", "message": {"detail": [{"type": "extra_forbidden",
     "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 1}]},
     "type": "invalid_request_error", "param": None, "code": None}),
    (Meaning.TOO_LARGE, 422, {"error": {"message": "Input validation error: `inputs` tokens + "
     "`max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens", "type": "x"}}),
    (Meaning.TOO_LARGE, 413, {"error": {"message": "Request too large for model", "code": "x"}}),
    (Meaning.OUT_OF_MONEY, 402, {"error": {"message": "Insufficient Balance"}}),
    (Meaning.MODERATED, 400, {"error": {"message": "Content Exists Risk"}}),
    (Meaning.MODERATED, 403, {"code": "The caller does not have permission", "error": "Content "
     "violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}),
    (Meaning.OUT_OF_MONEY, 412, {"error": {"message": "Account x is suspended, possibly due to "
     "reaching the monthly spending limit."}}),
    (Meaning.OUT_OF_MONEY, 429, {"error": {"message": "Your account is suspended, please check",
     "type": "exceeded_current_quota_error"}}),
    (Meaning.OUT_OF_MONEY, 429, {"error": {"code": "1113", "message": "Account in arrears"}}),
    (Meaning.MODERATED, 400, {"error": {"code": "data_inspection_failed",
     "message": "Input data may contain inappropriate content."}}),
    (Meaning.OUT_OF_MONEY, 400, {"type": "error", "error": {"type": "invalid_request_error",
     "message": "Your credit balance is too low to access the API."}}),
    (Meaning.WAIT, 529, {"type": "error", "error": {"type": "overloaded_error", "message": "O"}}),
    # Servers of one's own: vLLM, TGI, llama.cpp, Ollama, LM Studio, sglang, transformers, LiteLLM
    (Meaning.TOO_LARGE, 400, {"object": "error", "message": "This model's maximum context length "
     "is 2048 tokens. However, you requested 2100 tokens (2000 in the messages, 100 in the "
     "completion). Please reduce the length of the messages.", "type": "BadRequestError",
     "param": None, "code": 400}),
    (Meaning.TOO_LARGE, 422, {"error": "Input validation error: `inputs` must have less than 4096 "
     "tokens. Given: 5000", "error_type": "validation"}),
    (Meaning.LOADING, 503, {"error": "Model org/m is currently loading", "estimated_time": 20.0}),
    (Meaning.LOADING, 503, {"error": {"message": "Loading model", "type": "unavailable_error"}}),
    (Meaning.WAIT, 500, {"error": "error loading model: unable to allocate CUDA buffer"}),
    (Meaning.TOO_LARGE, 400, {"error": {"code": 400, "message": "the request exceeds the available "
     "context size. try increasing the context size", "type": "exceed_context_size_error"}}),
    (Meaning.WRONG_PLACE, 404, {"error": {"code": 404, "message": "File Not Found",
     "type": "not_found_error"}}),
    (Meaning.NO_MODEL, 404, {"error": {"message": 'model "m" not found, try pulling it first'}}),
    (Meaning.WRONG_PLACE, 404, "404 page not found"),
    (Meaning.WRONG_PLACE, None, {"error": "Unexpected endpoint or method. (POST /chat)"}),
    (Meaning.TOO_LARGE, 400, {"object": "error", "message": "The input (5000 tokens) is longer "
     "than the model's context length (4096 tokens).", "type": "BadRequestError"}),
    (Meaning.WRONG_PLACE, 404, {"detail": "Not Found"}),
    (Meaning.WRONG_PLACE, 405, {"detail": "Method Not Allowed"}),
    (Meaning.NO_MODEL, 400, {"error": {"message": "{'error': '/chat/completions: Invalid model "
     "name passed in model=m. Call `/v1/models` to view available models for your key.'}"}}),
    (Meaning.WRONG_KEY, 400, {"error": {"message": "Authentication Error, Invalid proxy server "
     "token passed.", "type": "auth_error", "code": "400"}}),
    (Meaning.REJECTED, None, {"error": "The model was unloaded."}),
    # What stands between
    (Meaning.WAIT, 502, CLOUDFLARE_502),
    (Meaning.WAIT, 504, ""),
    (Meaning.WAIT, 524, "error code: 524"),
    (Meaning.REJECTED, 403, CLOUDFLARE_403),
    (Meaning.PROXY, 407, "Proxy Authentication Required"),
    (Meaning.WAIT, 403, {"error": {"message": "Rate limit exceeded for this address"}}),
    (Meaning.STREAM_ONLY, 400, {"error": {"message": "This model only support stream mode, please "
     "enable the stream parameter to access the model."}}),
    (Meaning.STREAM_ONLY, 400, {"detail": "Non-streaming requests are not supported"}),
    (Meaning.STREAM_ONLY, 400, {"detail": "Stream must be set to true"}),
    (Meaning.REJECTED, 400, {"error": {"message": "'stream_options' is unknown", "param": "x"}}),
]  # fmt: skip

_MORE = Path(__file__).with_name("complaints.jsonl").read_text("utf-8").splitlines()
SAID += [(Meaning[row["meaning"]], row["status"], row["body"]) for row in map(json.loads, _MORE)]
