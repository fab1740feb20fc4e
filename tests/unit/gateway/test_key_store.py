import pytest
from gateway.errors import StoreUnavailable
from gateway.stores.keys import KeyStore
from sluice.keys import KeyRow, key_of, to_item


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

    def get_item(self, table, key):
        self.reads += 1
        if self.is_down:
            raise StoreUnavailable("DynamoDB did not answer GetItem")
        assert table == "access"
        return next((item for key_id, item in self.items.items() if key_of(key_id) == key), None)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def store(table, clock):
    return KeyStore(table, "access", clock)


def test_a_key_is_read_once_in_half_a_minute(store, table, clock):
    row = table.put("k1")
    assert store.find("k1") == row
    clock.now += 29.9
    assert store.find("k1") == row
    assert table.reads == 1
    clock.now += 0.1
    assert store.find("k1") == row
    assert table.reads == 2


def test_a_disabled_key_is_known_as_such_within_half_a_minute(store, table, clock):
    table.put("k1")
    store.find("k1")
    disabled = table.put("k1", disabled=True)
    clock.now += 30
    assert store.find("k1") == disabled


def test_a_deleted_key_is_gone_within_half_a_minute(store, table, clock):
    table.put("k1")
    store.find("k1")
    table.items.clear()
    clock.now += 30
    assert store.find("k1") is None


def test_an_id_that_does_not_exist_is_read_once_in_half_a_minute_too(store, table, clock):
    assert store.find("k1") is None
    assert store.find("k1") is None
    assert table.reads == 1
    row = table.put("k1")
    clock.now += 30
    assert store.find("k1") == row


def test_ids_that_do_not_exist_do_not_fill_the_memory(store):
    for number in range(10_000):
        store.find(f"k{number}")
    assert len(store._known) == 4_096


def test_the_ids_read_last_are_the_ones_remembered(store, table):
    for number in range(5_000):
        store.find(f"k{number}")
    store.find("k4999")
    assert table.reads == 5_000
    store.find("k0")
    assert table.reads == 5_001


def test_a_known_key_lives_on_for_five_minutes_of_an_outage(store, table, clock):
    row = table.put("k1")
    store.find("k1")
    table.is_down = True
    clock.now += 299
    assert store.find("k1") == row
    clock.now += 1
    with pytest.raises(StoreUnavailable):
        store.find("k1")


def test_an_outage_is_waited_for_by_one_request_in_five_seconds(store, table, clock):
    table.put("k1")
    table.put("k2")
    store.find("k1")
    store.find("k2")
    table.is_down = True
    clock.now += 30
    for key_id in ("k1", "k2", "k1"):
        store.find(key_id)
    assert table.reads == 3
    clock.now += 5
    store.find("k1")
    assert table.reads == 4


def test_a_table_that_is_back_is_read_within_five_seconds(store, table, clock):
    table.put("k1")
    store.find("k1")
    table.is_down = True
    clock.now += 30
    store.find("k1")
    table.is_down = False
    disabled = table.put("k1", disabled=True)
    clock.now += 5
    assert store.find("k1") == disabled


def test_a_key_that_was_disabled_before_an_outage_stays_disabled(store, table, clock):
    disabled = table.put("k1", disabled=True)
    store.find("k1")
    table.is_down = True
    clock.now += 31
    assert store.find("k1") == disabled


@pytest.mark.parametrize("seen_before", [True, False])
def test_in_an_outage_an_unknown_id_is_an_outage_and_not_a_wrong_key(store, table, clock, seen_before):
    if seen_before:
        store.find("k1")
    table.is_down = True
    clock.now += 30
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="Your API key cannot be checked right now"):
            store.find("k1")
    assert table.reads == 2 + seen_before


def test_a_clock_that_was_set_back_does_not_keep_a_key_alive(store, table, clock):
    table.put("k1")
    store.find("k1")
    disabled = table.put("k1", disabled=True)
    clock.now -= 3_600
    assert store.find("k1") == disabled
