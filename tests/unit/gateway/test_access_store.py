import base64

import pytest
from gateway.errors import StoreUnavailable
from gateway.stores.access import AccessStore
from sluice.access_items import POLICY_KEY, SECRET_KEY, principal_key
from sluice.keys import KeyRow, new_key, to_item
from sluice.policy import Limits, Policy, policy_to_json


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Table:
    """A DynamoDB table of keys that counts its reads and can be down."""

    def __init__(self):
        self.items = {}
        self.is_down = False
        self.reads = 0

    def put(self, key_id, **changes):
        row = KeyRow(key_id=key_id, secret_sha256="ab", name="test", created_at=1, **changes)
        self.items[key_id] = to_item(row)
        return row

    def put_policy(self, key, policy):
        self.items[key["pk"]["S"]] = {**key, "policy": {"S": policy_to_json(policy)}}

    def put_secret(self, secret):
        self.items["SECRET"] = {**SECRET_KEY, "secret": {"B": base64.b64encode(secret).decode()}}

    def batch_get(self, table, keys):
        self.reads += 1
        if self.is_down:
            raise StoreUnavailable("DynamoDB did not answer BatchGetItem")
        assert table == "access"
        return [item for item in self.items.values() if {"pk": item["pk"], "sk": item["sk"]} in keys]


def found(store, key_id):
    row, _ = store.key(key_id)
    return row


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def store(table, clock):
    return AccessStore(table, "access", clock)


def test_a_key_is_read_once_in_half_a_minute(store, table, clock):
    row = table.put("k1")
    assert found(store, "k1") == row
    clock.now += 29.9
    assert found(store, "k1") == row
    assert table.reads == 1
    clock.now += 0.1
    assert found(store, "k1") == row
    assert table.reads == 2


def test_a_disabled_key_is_known_as_such_within_half_a_minute(store, table, clock):
    table.put("k1")
    found(store, "k1")
    disabled = table.put("k1", disabled=True)
    clock.now += 30
    assert found(store, "k1") == disabled


def test_a_deleted_key_is_gone_within_half_a_minute(store, table, clock):
    table.put("k1")
    found(store, "k1")
    table.items.clear()
    clock.now += 30
    assert found(store, "k1") is None


def test_an_id_that_does_not_exist_is_read_once_in_half_a_minute_too(store, table, clock):
    assert found(store, "k1") is None
    assert found(store, "k1") is None
    assert table.reads == 1
    row = table.put("k1")
    clock.now += 30
    assert found(store, "k1") == row


def test_ids_that_do_not_exist_do_not_fill_the_memory(store):
    for number in range(10_000):
        found(store, f"k{number}")
    assert len(store._known) == 4_096


def test_the_ids_read_last_are_the_ones_remembered(store, table):
    for number in range(5_000):
        found(store, f"k{number}")
    found(store, "k4999")
    assert table.reads == 5_000
    found(store, "k0")
    assert table.reads == 5_001


def test_a_known_key_lives_on_for_five_minutes_of_an_outage(store, table, clock):
    row = table.put("k1")
    found(store, "k1")
    table.is_down = True
    clock.now += 299
    assert found(store, "k1") == row
    clock.now += 1
    with pytest.raises(StoreUnavailable):
        found(store, "k1")


def test_an_outage_is_waited_for_by_one_request_in_five_seconds(store, table, clock):
    table.put("k1")
    table.put("k2")
    found(store, "k1")
    found(store, "k2")
    table.is_down = True
    clock.now += 30
    for key_id in ("k1", "k2", "k1"):
        found(store, key_id)
    assert table.reads == 3
    clock.now += 5
    found(store, "k1")
    assert table.reads == 4


def test_a_table_that_is_back_is_read_within_five_seconds(store, table, clock):
    table.put("k1")
    found(store, "k1")
    table.is_down = True
    clock.now += 30
    found(store, "k1")
    table.is_down = False
    disabled = table.put("k1", disabled=True)
    clock.now += 5
    assert found(store, "k1") == disabled


def test_a_key_that_was_disabled_before_an_outage_stays_disabled(store, table, clock):
    disabled = table.put("k1", disabled=True)
    found(store, "k1")
    table.is_down = True
    clock.now += 31
    assert found(store, "k1") == disabled


@pytest.mark.parametrize("seen_before", [True, False])
def test_in_an_outage_an_unknown_id_is_an_outage_and_not_a_wrong_key(store, table, clock, seen_before):
    if seen_before:
        found(store, "k1")
    table.is_down = True
    clock.now += 30
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="Your API key cannot be checked right now"):
            found(store, "k1")
    assert table.reads == 2 + seen_before


def test_a_clock_that_was_set_back_does_not_keep_a_key_alive(store, table, clock):
    table.put("k1")
    found(store, "k1")
    disabled = table.put("k1", disabled=True)
    clock.now -= 3_600
    assert found(store, "k1") == disabled


def test_once_the_deployments_secret_is_known_an_invented_id_is_refused_without_a_read(store, table):
    table.put_secret(b"ours")
    _, mine = new_key(b"ours")
    row = table.put(mine.key_id)
    assert found(store, mine.key_id) == row
    for _ in range(100):
        assert found(store, new_key(b"somebody else's")[1].key_id) is None
    assert table.reads == 1
    _, unknown = new_key(b"ours")
    assert found(store, unknown.key_id) is None
    assert table.reads == 2


def test_an_invented_id_teaches_an_environment_the_secret(store, table):
    table.put_secret(b"ours")
    for _ in range(100):
        assert found(store, new_key(b"somebody else's")[1].key_id) is None
    assert table.reads == 1


def test_a_key_comes_with_its_policy_and_the_deployments_in_one_read(store, table):
    policy, everybodys = Policy(allowed_models=("anthropic.*",)), Policy(limits=Limits(requests_per_minute=600))
    row = table.put("k1", policy_json=policy_to_json(policy))
    table.put_policy(POLICY_KEY, everybodys)
    assert store.deployment is None
    assert store.key("k1") == (row, policy)
    assert store.deployment == everybodys
    assert table.reads == 1


def test_a_policy_of_a_newer_version_lets_nobody_in(store, table):
    table.put("k1", policy_json='{"allowed_hours": [8, 18]}')
    with pytest.raises(StoreUnavailable) as raised:
        store.key("k1")
    assert "allowed_hours" in str(raised.value.__cause__)


@pytest.mark.parametrize("policy", [{"M": {}}, {"S": "{"}, {"S": '{"allowed_models": "anthropic.*"}'}, {"N": "1"}])
def test_a_policy_that_cannot_be_understood_lets_nobody_in(store, table, policy):
    table.put("k1")
    table.items["k1"]["policy"] = policy
    with pytest.raises(StoreUnavailable):
        store.key("k1")
    del table.items["k1"]["policy"]
    table.items["DEPLOYMENT"] = {**POLICY_KEY, "policy": policy}
    with pytest.raises(StoreUnavailable):
        store.key("k1")
    table.items["DEPLOYMENT"] = {**principal_key(ROLE), "policy": policy}
    with pytest.raises(StoreUnavailable):
        store.principal(f"{ROLE}/tuesday")


def test_a_row_that_became_unreadable_counts_at_once_and_not_as_an_outage(store, table, clock):
    table.put("k1")
    found(store, "k1")
    clock.now += 30
    table.items["k1"]["policy"] = {"S": "{"}
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            found(store, "k1")


ROLE = "arn:aws:sts::111122223333:assumed-role/agent"


def test_a_session_may_do_what_its_role_may(store, table):
    policy = Policy(attribution=True)
    table.put_policy(principal_key(ROLE), policy)
    assert store.principal(f"{ROLE}/tuesday") == (ROLE, policy)
    assert store.principal(f"{ROLE}/tuesday") == (ROLE, policy)
    assert table.reads == 1


def test_a_sessions_own_policy_counts_before_its_roles(store, table):
    policy = Policy(attribution=True)
    table.put_policy(principal_key(ROLE), Policy())
    table.put_policy(principal_key(f"{ROLE}/tuesday"), policy)
    assert store.principal(f"{ROLE}/tuesday") == (f"{ROLE}/tuesday", policy)


def test_a_principal_without_a_policy_is_counted_with_its_role_and_may_do_everything(store):
    assert store.principal(f"{ROLE}/tuesday") == (ROLE, None)
    assert store.principal("arn:aws:iam::111122223333:user/alice") == ("arn:aws:iam::111122223333:user/alice", None)


def test_a_principal_lives_on_for_five_minutes_of_an_outage(store, table, clock):
    store.principal(f"{ROLE}/tuesday")
    table.is_down = True
    clock.now += 299
    assert store.principal(f"{ROLE}/tuesday") == (ROLE, None)
    clock.now += 1
    with pytest.raises(StoreUnavailable):
        store.principal(f"{ROLE}/tuesday")
