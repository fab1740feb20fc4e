"""The policies whose checks are measured, and what they ask.

The stand-in for DynamoDB forgets what it is told, so no limit is ever reached here; but one so low that an environment
leases no more of it than each request needs has it ask for a lease each time.
"""

from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sluice.key_issuing import draft_key, issue_key
from sluice.policy import Budget, Limits, Policy, policy_to_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# All at once, and nothing but its beginning for 190 ms: what the end of an answer needs is not in its first byte's way.
MODEL, DELTAS = "emulator.burst-20", 20
SLOW_MODEL, SLOW_DELTAS = "emulator.paced-1", 1
# A request may cost one (account.py).
_DOLLAR = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A policy, and what is said of it; None: the key has none."""

    name: str
    policy: Policy | None


NO_POLICY = Case("no policy", None)
CASES = (
    NO_POLICY,
    Case("requests a minute, within the slice", Policy(limits=Limits(requests_per_minute=1_000_000))),
    Case("requests a minute, a lease each", Policy(limits=Limits(requests_per_minute=4))),
    Case("requests at the same time", Policy(limits=Limits(concurrent_streams=10))),
    Case("budget, within the lease", Policy(budget=Budget(nano_usd_per_day=1_000_000 * _DOLLAR))),
    Case("budget, a lease each", Policy(budget=Budget(nano_usd_per_day=2 * _DOLLAR))),
)


def keys_of_cases(client: "DynamoDBClient", table: str) -> dict[str, str]:
    """Make a key for each case, by the case's name."""
    drafts = {
        case.name: replace(draft_key(case.name), policy_json=policy_to_json(case.policy) if case.policy else "")
        for case in CASES
    }
    return {name: issue_key(client, table, draft)[0] for name, draft in drafts.items()}
