"""The table of errors: statuses, codes and words, and what they mean.

Rows are read from the top; the first that fits decides. What fits none is a rejection of this
one request, with the provider's own words. Nothing is taken for a refusal of the prompt that
does not say so.
"""

from __future__ import annotations

from .account import CLOSED, DAY, KEY, MONEY, PERMISSION, SHUT
from .row import REFUSALS, Meaning, Row, words_of

__all__ = ["TABLE", "Meaning"]

TABLE = (
    SHUT,
    Row(
        Meaning.MODERATED,
        REFUSALS,
        frozenset(
            """content_filter content_policy_violation content_policy content_moderation
            content_filtered responsibleaipolicyviolation data_inspection_failed
            datainspectionfailed
            moderation_blocked moderation_error prohibited_content safety sensitive_content 1301
            content_violation inputtextsensitivecontentdetected
            outputtextsensitivecontentdetected 1026 1027""".split()
        ),
        words_of(
            r"""flagged \s (by|as|for) | (blocked|rejected|refused) \s by .{0,40}
            (moderation|safety|content \s filter|guardrail) | content \s management \s policy
            | violat\w* .{0,30} (usage|content|safety|use) \s (polic|guideline)
            | (blocked|rejected|refused) .{0,40} \b moderation | for \s safety \s reasons
            | inappropriate \s content | content \s exists \s risk | safety_check_type
            | content \s? (policy|moderation) \s? violation | violat\w* .{0,30} guardrail
            | (input|output) \s new_sensitive | did \s not \s pass .{0,30} moderation
            | (prompt|input|content|request) \b .{0,60} violat\w* .{0,30} \b (terms|polic)
            | sensitive \s (information|content|words?) | 敏感|违规内容"""
        ),
    ),
    Row(
        Meaning.TOO_LARGE,
        (None, 429),
        words=words_of(
            r"request \s (is \s)? too \s large | (request|input) \s exceeds .{0,40} limit"
        ),
    ),
    Row(
        Meaning.TOO_LARGE,
        (*REFUSALS, *range(500, 600)),
        frozenset(
            """context_length_exceeded request_too_large string_above_max_length prompt_too_long
            exceed_context_size_error context_window_exceeded too_many_tokens 1261""".split()
        ),
        words_of(
            r"""context \s? (length|size|window) | maximum \s context | too \s many \s
            (input \s | prompt \s)? tokens (?! .{0,20} (wait|retry|again))
            | (prompt|input|request) \s (is \s)? too \s (long|large)
            | context .{0,20} overflow | less \s than \s \d+ \s tokens
            | (prompt|input|payload) .{0,40} (exceeds|longer \s than) | exceeds .{0,40} (maximum \s
            number \s of \s tokens | tokens \s allowed) | inputs? .{0,20} tokens .{0,40} must \s
            be \s (<=|at \s most) | reduce \s the \s length | input \s length \s (should|must)
            | request \s exceed(s|ed) .{0,30} token \s limit | not \s exceed \s max_\w*tokens"""
        ),
        by_status_alone=(413,),
    ),
    MONEY,
    DAY,
    CLOSED,
    KEY,
    Row(
        Meaning.STREAM_ONLY,
        (None, 400, 405, 406, 422),
        frozenset({"stream_required", "streaming_required"}),
        words_of(
            r"""stream(ing)? \s (mode|requests?|calls?|output|responses?)? \s? only
            | only \s (supports?|accepts?|allows?|available|works)? .{0,30} \b stream
            | (must|please|need\w* \s to|required \s to|has \s to|should) \s (be \s)? (set|use|
              enable|specify|pass)? .{0,12} stream(ing)? \b (?! .{0,20} (false|options))
            | stream .{0,24} must \s be \s (set \s to \s)? (['"`])? true
            | stream(ing)? \s (mode \s)? is \s required
            | non[- ]?stream\w* .{0,40} (not \s (supported|allowed|available)|unsupported)
            | requires? .{0,12} stream | only \s SSE | SSE \s only
            | stream['"`]? \s? (=|:|is|set \s to|to \s be)? \s? false .{0,24} not \s
              (supported|allowed|available)
            | false \s for \s non-?stream\w*"""
        ),
    ),
    Row(
        Meaning.NO_MODEL,
        (None, 400, 403, 404, 410, 422),
        frozenset(
            """model_not_found invalid_model model_not_available model_not_supported no_such_model
            unknown_model model_not_exist modelnotfound model_decommissioned model_deprecated
            deploymentnotfound model_terminated modelnotopen 1211""".split()
        ),
        words_of(
            r"""model \b .{0,80} (not \s found|does \s not \s exist|not \s exist|doesn't \s exist
              |is \s not \s available|not \s a \s valid|is \s not \s loaded|has \s been \s
              (decommissioned|deprecated|retired|sunset|removed|shut \s down)|not \s deployed
              |not \s registered)
            | (no \s such|unknown|invalid|unrecogni[sz]ed|unsupported) \s model \b
              (?! .{0,12} param)
            | (requested|specified) \s model .{0,60} is \s not \s supported [.]? $
            | not \s a \s valid \s model | provider \s not \s provided | 模型不存在
            | not \s work \s with \s the \s specified \s model | invalid \s model \s name
            | model \s (identifier|id|name) .{0,40} (not \s valid|invalid)
            | api[ -]versions? \b .{0,40} (not \s supported|invalid|not \s valid|and \s later)
            | deployment .{0,60} (not \s
              exist|not \s found) | no \s (endpoints|instances) .{0,20} found"""
        ),
    ),
    PERMISSION,
    Row(
        Meaning.LOADING,
        (None, 404, 409, 425, 429, *range(500, 530)),
        frozenset({"model_loading", "loading", "model_not_ready", "model_warming_up"}),
        words_of(
            r"""(model|server|weights?|engine|llm|deployment|instance) .{0,60} \b(loading|warming \s
              up|is \s starting|starting \s up|initiali[sz]ing|being \s loaded
              |not \s (yet \s)? ready)
            | \b(loading|warming \s up|initiali[sz]ing) \b .{0,30} (model|weights|server|engine)
            | state: \s (initiali[sz]ing|pending|starting|updating) | waking \s up
            | scaled \s to \s zero | model .{0,40} not \s loaded \s yet
            | service \s is \s starting | weights .{0,20} downloaded
            | still \s (loading|starting) | (worker|server|container|instance|model) .{0,20} \b
              (booting|warming) | cold \s start | scaling \s up"""
        ),
    ),
    Row(
        Meaning.WAIT,
        (400, 420, 422, 424, 430, 498),
        frozenset(
            """throttling throttlingexception too_many_requests rate_limit_exceeded
            rate_limit_error overloaded_error serviceunavailableexception""".split()
        ),
        words_of(
            r"""too \s many \s (requests|tokens) | \b (busy|overloaded) \b
            | (try \s again|retry) \s (later|in|shortly|after)
            | throttl | at \s (full \s)? capacity | capacity \s exceeded
            | upstream .{0,40} (timed \s out|connect|reset|unavailable)"""
        ),
        by_status_alone=(420, 424),  # too fast; what stands behind it failed
    ),
    Row(
        Meaning.WAIT,
        (None, 403),
        frozenset(
            """rate_limit_exceeded rate_limit_error rate_limit rate_limited ratelimitexceeded
            ratelimitreached too_many_requests resource_exhausted engine_overloaded_error
            overloaded_error overloaded server_error internal_error internal_server_error
            service_unavailable unavailable unavailable_error timeout timeout_error api_error
            deadline_exceeded upstream_error bad_gateway gateway_timeout temporarily_unavailable
            1302 1305 throttling throttlingexception capacity_exceeded""".split()
        ),
        words_of(
            r"""rate \s? limit | \b(qps|[rt]pm|requests?) \b .{0,12} limit .{0,12}
            (reached|exceeded) | 稍后(再试|重试)|限流|限频 | too \s (many \s requests|frequent)
            | \b (overloaded|busy) \b | throttl
            | (try \s again|retry) \s (later|in|shortly|after)"""
        ),
        by_status_alone=(408, 409, 425, 429, 499, 500, *range(502, 505), *range(506, 600)),
    ),
    Row(Meaning.PROXY, (), by_status_alone=(407,)),
)
"""See the module. 429 is never a moderation, 402 always money, whatever the words."""
