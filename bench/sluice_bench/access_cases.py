"""The policies whose checks are measured, and a catalog with a price for what they ask.

The stand-in for DynamoDB forgets what it is told, so no limit is ever reached here; but one so low that an environment
leases no more of it than each request needs has it ask for a lease each time.
"""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from catalog_refresh.table import CatalogTable
from sluice.catalog import Times
from sluice.catalog_items import Pointer, encode_snapshot
from sluice.key_issuing import draft_key, issue_key
from sluice.model_row import ModelRow, Price
from sluice.policy import Budget, Limits, Policy, policy_to_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# All at once, and nothing but its beginning for 190 ms: what the end of an answer needs is not in its first byte's way.
MODEL, DELTAS = "emulator.burst-20", 20
SLOW_MODEL, SLOW_DELTAS = "emulator.paced-1", 1
_REGION = "us-east-1"
_DOLLAR = 1_000_000_000
# A request may cost a dollar: a thousand tokens of output at a thousand dollars for a million.
_PRICE = Price(input=0.0, output=1_000.0)
_MAX_OUTPUT = 1_000


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


def publish_catalog(table: CatalogTable) -> None:
    """Publish a catalog that has the models and their price, as a refresh would."""
    rows = tuple(map(_row, (MODEL, SLOW_MODEL)))
    times, snapshot = Times(int(time.time()), 3600), encode_snapshot(1, rows)
    table.write_snapshot(snapshot, times.expires_at)
    table.point_to(Pointer(snapshot.snapshot_id, 1, times, len(rows), len(snapshot.chunks)))


def keys_of_cases(client: "DynamoDBClient", table: str) -> dict[str, str]:
    """Make a key for each case, by the case's name."""
    drafts = {
        case.name: replace(draft_key(case.name), policy_json=policy_to_json(case.policy) if case.policy else "")
        for case in CASES
    }
    return {name: issue_key(client, table, draft)[0] for name, draft in drafts.items()}


def _row(model: str) -> ModelRow:
    return ModelRow(
        model_id=model,
        kind="foundation-model",
        region=_REGION,
        name=model,
        provider="Emulator",
        arn=f"arn:aws:bedrock:{_REGION}::foundation-model/{model}",
        invoke_id=model,
        on_demand=True,
        max_output_tokens=_MAX_OUTPUT,
        prices=(_PRICE,),
    )
