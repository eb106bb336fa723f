"""Rows of the table of errors about the account, its key, and what the key may use."""

from __future__ import annotations

from .row import ANY_4XX, Meaning, Row, words_of

DAY_WORDS = r"""
    \b(per|a|each|this|the)[- ](day|week|month)\b | \b(daily|weekly|monthly)\b | \bR[PT]D\b
    | / \s? (day|week|month)\b | ByDay\b | per \s? 86,?400 \s? s | 今日|当日|每日|每天
"""
"""How a quota of the day (or of the month) is named."""

SHUT = Row(
    Meaning.OUT_OF_MONEY,
    ANY_4XX,
    words=words_of(
        r"""(account|organi[sz]ation|access|workspace) \b .{0,30} \b(is|was|were|been) \s
        (suspended|deactivated|terminated|banned|disabled)"""
    ),
)
"""An account that is closed may be so for what was asked before: no refusal of this prompt."""

MONEY = Row(
    Meaning.OUT_OF_MONEY,
    ANY_4XX,
    frozenset(
        """insufficient_quota exceeded_current_quota_error billing_hard_limit_reached
        billing_not_active account_deactivated account_suspended insufficient_balance
        insufficient_credits insufficient_funds payment_required billing_error arrearage
        access_terminated access_terminated_error organization_suspended out_of_credits
        credit_balance_too_low prepaymentbillovertdue billing_disabled budget_exceeded
        insufficient_user_quota quota_exhausted quota_limit_reached trial_expired billing
        quota_not_enough not_enough_balance accountoverdueerror setlimitexceeded
        organization_restricted allocationquota.freetieronly token_quota_reached
        1113 1309""".split()
    ),
    words_of(
        r"""insufficient \s (account \s)? (balance|credit|funds?|quota)
        | balance \s (does \s not \s suffice|is \s (too \s low|insufficient|not \s enough))
        | (credit|account) \s balance | out \s of \s credit | not \s enough \s (credit|balance)
        | (account|organi[sz]ation|project|consumer|api \s key|workspace) .{0,40}
          \b(suspended|deactivated|terminated|in \s arrears|overdue|been \s (disabled|restricted)
          |disabled \s due|unpaid) | payment \s required
        | (spending|billing|credit|usage) \s (hard \s)? (limit|cap|quota)s? .{0,30}
          (reached|exceeded|exhausted) | (no|remaining) \s credits | purchase .{0,20} credits
        | (reached|exceeded|exhausted|over) .{0,40} (spending|billing|usage) \s (limit|cap)
        | credits? .{0,20} (used \s up|exhausted|expired) | (over \s budget|budget .{0,20} exceeded)
        | (credits?|balance|quota|trial) .{0,24} (depleted|ran \s out|run \s out|expired)
        | exceeded \s your \s balance | quota \s is \s not \s enough | \b recharge \b
        | no \s remaining \s credit | (run|ran) \s out \s of .{0,20} \b credit
        | add \s (more \s)? funds | free \s tier .{0,30} (exhausted|used \s up)
        | used \s up \s your \s (daily \s)? free | payment \s method | unpaid
        | (plan|subscription) \s has \s (run \s out|expired) | included \s credits \s exceeded
        | enable \s billing | billing \s to \s be \s enabled | top \s up
        | (api \s)? key \s limit \s exceeded | 余额不足|额度不足|欠费|充值|套餐已到期"""
    ),
    by_status_alone=(402,),
)

DAY = Row(
    Meaning.DAY_IS_SPENT,
    (None, 403),
    words=words_of(
        rf"""({DAY_WORDS}) .{{0,30}} (limit|quota|限额)
        | \b(limit|quota) \b .{{0,30}} ({DAY_WORDS}) | call \s volume \s quota"""
    ),
)
"""With 429 the verdict also looks at how soon there is room again."""

CLOSED = Row(
    Meaning.FORBIDDEN,
    (None, 400, 401, 403, 404),
    frozenset(
        """key_model_access_denied team_model_access_denied model_terms_required
        model_permission_blocked_org unsupported_country_region_territory""".split()
    ),
    words_of(
        r"""(key|team|user|project) \s not \s allowed \s to \s access
        | \b must \s be \s verified \b | requires \s terms \s acceptance"""
    ),
)
"""Of what is said with any status, a stream or a model named beside it."""

KEY = Row(
    Meaning.WRONG_KEY,
    (None, 400, 403, 404, 422),
    frozenset(
        """invalid_api_key api_key_invalid authentication_error invalid_authentication
        invalid_authentication_error unauthorized unauthenticated incorrect_api_key
        invalid_key auth_error token_not_found_in_db""".split()
    ),
    words_of(
        r"""api[ _-]? (key|token) .{0,30} (not \s valid|invalid|incorrect|expired|missing
          |not \s found|disabled|blocked)
        | (invalid|incorrect|wrong|missing|expired|malformed) .{0,12} (api[ _-]?(key|token)
          | auth\w* | bearer \s token|access \s token|credentials?)
        | authentication \s (error|failed) | authorization \s failed
        | missing \s .{0,40} authorization \s headers?
        | (invalid|unknown) \s proxy \s (server \s)? token | api[ _-]? key \s is \s required
        | no \s auth\w* \s credentials | insufficient \s authentication | login \s fail
        | ^ invalid \s token | key .{0,12} revoked | not \s authenticated
        | unregistered \s callers | reported \s as \s leaked
        | signature \s we \s calculated
        | (security|access|session|bearer) \s token .{0,40} (invalid|expired|missing)"""
    ),
    by_status_alone=(401,),
)

PERMISSION = Row(
    Meaning.FORBIDDEN,
    (403,),
    frozenset(
        """permission_denied permission_error permissions_error permissiondenied access_denied
        accessdenied accessdeniedexception model.accessdenied no_access request_forbidden
        ip_not_authorized service_disabled iam_permission_denied""".split()
    ),
    words_of(
        r"""permissions? \b | not \s (authori[sz]ed|entitled|activated|enabled)
        | not \s (allowed|permitted) \s (to|for) \b
        | (no|not \s have|n['’]t \s have|without) \s access
        | access .{0,40} \b(denied|restricted|disallowed)
        | denied \s access | \b(country|region|territory|your \s location)\b | allow-?list|whitelist
        | accept .{0,30} \b terms | (requires? \s a|paid) \s (subscription|plan|users?)
        | upgrade \s (for|to) | gated | (organization|project) \s level
        | before \s or \s it \s is \s disabled | model \s (is \s)? disabled"""
    ),
)
"""A 403 in other words is of this request: a firewall's "Forbidden" may be for its prompt."""
