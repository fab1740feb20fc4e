"""The access table beside its keys: who else may do what, what was counted, what was used.

| `pk` | `sk` | What |
| `DEPLOYMENT` | `SECRET`, `POLICY` | the secret behind the ids of keys; what all callers together may do |
| `PRINCIPAL#<ARN>` | `POLICY` | what an IAM principal may do |
| `RATE#<scope>` | `<minute>` | requests and tokens of a minute of UTC, as `<epoch minute>` |
| `SLOTS#<scope>` | `SLOTS` | the streams that are running |
| `BUDGET#<scope>` | `<month>` | nano-dollars of a month and its days, and who holds how much of them |
| `USAGE#<caller>` | `<day>#<model>` | what was used |

A scope is `KEY#<id>`, `PRINCIPAL#<ARN>` or `DEPLOYMENT`; a caller is a key's id or an ARN. Days are `2026-11-29`,
months `2026-11`. What is counted leaves the table by its TTL attribute `expires_at`; keys and policies never do.
"""

import re
import time
from typing import Any

type Item = dict[str, Any]

DEPLOYMENT = "DEPLOYMENT"
SECRET_KEY: Item = {"pk": {"S": DEPLOYMENT}, "sk": {"S": "SECRET"}}
POLICY_KEY: Item = {"pk": {"S": DEPLOYMENT}, "sk": {"S": "POLICY"}}

# Rows of usage are kept for a year and a month, so that this month can be compared with last year's.
USAGE_DAYS = 400
# To the end of the month and some days more: a slow settlement may still come.
_BUDGET_DAYS = 35
_RATE_SECONDS = 600

_ASSUMED_ROLE = re.compile(r"(arn:[a-z0-9-]+:sts::[0-9]+:assumed-role/[^/]+)/.+", re.ASCII)


def principal_key(arn: str) -> Item:
    """Return the DynamoDB primary key of what an IAM principal may do."""
    return {"pk": {"S": f"PRINCIPAL#{arn}"}, "sk": {"S": "POLICY"}}


def principals_of(arn: str) -> tuple[str, ...]:
    """Return the ARNs under which a caller's policy may stand: its own, and for a session that of its role."""
    role = _ASSUMED_ROLE.fullmatch(arn)
    return (arn, role[1]) if role else (arn,)


def rate_key(scope: str, minute: int) -> Item:
    """Return the primary key of a minute's counters; `minute` is epoch seconds // 60."""
    return {"pk": {"S": f"RATE#{scope}"}, "sk": {"S": str(minute)}}


def rate_expires_at(minute: int) -> int:
    """Return when a minute's counters may go."""
    return minute * 60 + _RATE_SECONDS


def slots_key(scope: str) -> Item:
    """Return the primary key of a scope's running streams."""
    return {"pk": {"S": f"SLOTS#{scope}"}, "sk": {"S": "SLOTS"}}


def budget_key(scope: str, month: str) -> Item:
    """Return the primary key of a month's budget."""
    return {"pk": {"S": f"BUDGET#{scope}"}, "sk": {"S": month}}


def budget_expires_at(now: float) -> int:
    """Return when a month's budget that is used now may go."""
    return int(now) + _BUDGET_DAYS * 86_400


def usage_partition(caller: str) -> str:
    """Return the partition of a caller's usage."""
    return f"USAGE#{caller}"


def usage_key(caller: str, day: str, model: str) -> Item:
    """Return the primary key of what a caller used of a model on a day."""
    # A sort key has 1,024 bytes at most.
    return {"pk": {"S": usage_partition(caller)}, "sk": {"S": f"{day}#{model[:512]}"}}


def usage_expires_at(now: float) -> int:
    """Return when what is used now may go."""
    return int(now) + USAGE_DAYS * 86_400


def day_of(now: float) -> str:
    """Return the day of UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(now))
