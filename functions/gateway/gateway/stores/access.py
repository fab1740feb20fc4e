"""Callers from the access table, remembered for a short time."""

import base64
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sluice.access_items import POLICY_KEY, SECRET_KEY, principal_key, principals_of
from sluice.keys import KeyRow, from_item, is_of_deployment, key_of

from gateway.aws.dynamodb import DynamoDB, Item
from gateway.errors import StoreUnavailable

if TYPE_CHECKING:
    from sluice.policy import Policy

# A disabled key stops working everywhere within this time.
FRESH_SECONDS = 30.0
# How long a known caller lives on while the table cannot be read. Unknown ones are refused at once.
OUTAGE_SECONDS = 300.0
# How long a table that did not answer is left alone by requests whose key is known: each would wait for seconds.
RETRY_SECONDS = 5.0
_MAX_REMEMBERED = 4_096
_UNCHECKED = "Your API key cannot be checked right now. Try again in a moment."
# How the table holds a policy that restricts nothing.
_NO_POLICY = {"S": ""}


class _Found(NamedTuple):
    """What the table said of a caller. `counted_as` is an IAM principal's; `row` None: there is no such key."""

    read_at: float
    row: KeyRow | None = None
    counted_as: str = ""
    policy: "Policy | None" = None


_NEVER = _Found(float("-inf"))


class AccessStore:
    """Looks callers up, with what belongs to the whole deployment in the same read.

    Ids that do not exist are remembered too, in a bounded memory. Once the deployment's secret is known, an invented id
    is refused without a read.
    """

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._known: OrderedDict[str, _Found] = OrderedDict()
        self._failed_at = float("-inf")
        self._secret = b""
        self._deployment: Policy | None = None

    @property
    def deployment(self) -> "Policy | None":
        """What all callers together may do, as it was when one of them was last looked up."""
        return self._deployment

    def key(self, key_id: str) -> "tuple[KeyRow | None, Policy | None]":
        """Return a key's row and its policy, at most 30 seconds old; no row: there is no such key.

        Raises:
            StoreUnavailable: the table cannot be read, and the key was not seen in the last five minutes.
        """
        if self._secret and not is_of_deployment(key_id, self._secret):
            return None, None
        found = self._find(key_id, (key_of(key_id),), _key_found)
        return found.row, found.policy

    def principal(self, arn: str) -> "tuple[str, Policy | None]":
        """Return the ARN that an IAM principal is counted under, and its policy, at most 30 seconds old.

        It is the one that has a policy: its own, or for a session its role's; else its role's.

        Raises:
            StoreUnavailable: as `key`.
        """
        names = principals_of(arn)

        def read(items: Sequence[Item], now: float) -> _Found:
            by_arn = {item["pk"]["S"].removeprefix("PRINCIPAL#"): item for item in items}
            counted_as = next((name for name in names if name in by_arn), names[-1])
            return _Found(now, counted_as=counted_as, policy=_policy_in(by_arn.get(counted_as)))

        found = self._find(arn, [principal_key(name) for name in names], read)
        return found.counted_as, found.policy

    def _find(self, name: str, keys: Sequence[Item], read: Callable[[Sequence[Item], float], _Found]) -> _Found:
        now = self._clock()
        known = self._known.get(name, _NEVER)
        if 0 <= now - known.read_at < FRESH_SECONDS:
            return known
        may_be_stale = bool(known.row or known.counted_as) and 0 <= now - known.read_at < OUTAGE_SECONDS
        if may_be_stale and 0 <= now - self._failed_at < RETRY_SECONDS:
            return known
        try:
            items = self._dynamodb.batch_get(self._table, [*keys, SECRET_KEY, POLICY_KEY])
        except StoreUnavailable as error:
            self._failed_at = self._clock()
            if may_be_stale:
                return known
            raise StoreUnavailable(_UNCHECKED) from error
        try:
            found = read([item for item in items if item["pk"] != SECRET_KEY["pk"]], now)
            self._remember_deployment([item for item in items if item["pk"] == SECRET_KEY["pk"]])
        except StoreUnavailable as error:
            # The table was read: what stood there before counts no more.
            self._known.pop(name, None)
            raise StoreUnavailable(_UNCHECKED) from error
        return self._remember(name, found)

    def _remember_deployment(self, items: Sequence[Item]) -> None:
        by_sk = {item["sk"]["S"]: item for item in items}
        self._deployment = _policy_in(by_sk.get("POLICY"))
        if secret := by_sk.get("SECRET"):
            self._secret = base64.b64decode(secret["secret"]["B"])

    def _remember(self, name: str, found: _Found) -> _Found:
        self._known[name] = found
        self._known.move_to_end(name)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return found


def _key_found(items: Sequence[Item], now: float) -> _Found:
    if not items:
        return _Found(now)
    try:
        return _Found(now, row=from_item(items[0]), policy=_policy_in(items[0]))
    except (KeyError, ValueError) as error:
        raise StoreUnavailable(f"the row {items[0]['pk']['S']} cannot be read: {error!r}") from error


def _policy_in(item: Item | None) -> "Policy | None":
    if not item or item.get("policy") in (None, _NO_POLICY):
        return None
    # Most deployments restrict nobody, and a cold start need not wait for this.
    from sluice.policy import policy_from_json

    try:
        return policy_from_json(item["policy"]["S"])
    except (KeyError, ValueError) as error:
        raise StoreUnavailable(f"the policy of {item['pk']['S']} cannot be used: {error!r}") from error
