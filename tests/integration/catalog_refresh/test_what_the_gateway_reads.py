"""The catalog from the refresh to the gateway: one read while nothing changed, and one query more when it did."""

import pytest
from catalog_refresh.refresh import LEASE_SECONDS
from gateway.aws.connection import Endpoint
from gateway.aws.credentials import Credentials
from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable
from gateway.stores.catalog import EMPTY_SECONDS, FRESH_SECONDS, RETRY_SECONDS, CatalogStore
from gateway.stores.refreshing import WAIT_SECONDS
from integration.catalog_refresh.conftest import NOW
from integration.catalog_refresh.regions import fails, lists

DAY = 24 * 3600


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class CountingDynamoDB(DynamoDB):
    """The gateway's client; `reads` says what it was asked for. `is_down`: it does not answer."""

    is_down = False

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.reads = []

    def get_item(self, table, key):
        return self.counted("GetItem", lambda: super(CountingDynamoDB, self).get_item(table, key))

    def query(self, table, partition):
        return self.counted("Query", lambda: super(CountingDynamoDB, self).query(table, partition))

    def counted(self, operation, read):
        self.reads.append(operation)
        if self.is_down:
            raise StoreUnavailable("down")
        return read()

    def forget(self):
        reads, self.reads = self.reads, []
        return reads


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def dynamodb(services, clock):
    credentials = Credentials(services.access_key_id, services.secret_access_key, "")
    return CountingDynamoDB(Endpoint(services.endpoint_url, "DynamoDB"), lambda: credentials, services.region, clock)


class Refreshing:
    """Refreshes as `becomes` does, which says what became of it. `begun`: how often nobody waited."""

    def __init__(self):
        self.becomes = lambda: ""
        self.runs = self.begun = 0

    def run(self):
        self.runs += 1
        return self.becomes()

    def begin(self):
        self.begun += 1


@pytest.fixture
def refreshing():
    return Refreshing()


@pytest.fixture
def store_of(dynamodb, services, clock, refreshing):
    def make(*, is_live=False, sleep=None):
        return CatalogStore(
            dynamodb,
            services.catalog_table,
            clock,
            services.region,
            refreshing,
            is_live=is_live,
            sleep=sleep or clock.sleep,
        )

    return make


@pytest.fixture
def store(store_of):
    return store_of()


def test_an_empty_table_is_one_read_and_well_known_models_stand_in(store, dynamodb, refreshing):
    seed = store.catalog()
    assert seed.is_seed
    assert seed.is_stale(NOW)
    assert store.catalog() is seed
    assert dynamodb.forget() == ["GetItem"]
    assert (refreshing.begun, refreshing.runs) == (2, 0)


def test_an_empty_table_is_looked_at_again_soon(run, store, clock):
    store.catalog()
    run(discover=lists(3))
    clock.now += EMPTY_SECONDS
    assert len(store.catalog().rows) == 3


def test_a_list_of_an_empty_table_waits_for_the_refresh(run, store, refreshing):
    refreshing.becomes = lambda: run(discover=lists(3))["status"]
    assert len(store.catalog_to_list().listed()) == 3
    assert len(store.catalog_to_list().listed()) == 3
    assert (refreshing.runs, refreshing.begun) == (1, 0)


def test_a_list_of_an_empty_table_is_well_known_models_where_the_refresh_fails(store, refreshing):
    listed = store.catalog_to_list().listed()
    assert refreshing.runs == 1
    assert "anthropic.claude-opus-4-8" in [row.model_id for row in listed]
    assert all("availability" in row.assumed for row in listed)


def test_a_refresh_of_somebody_else_is_waited_for(run, store_of, clock, refreshing):
    looks = []

    def sleep(seconds):
        clock.now += seconds
        looks.append(seconds)
        if len(looks) == 3:
            run(discover=lists(3))

    refreshing.becomes = lambda: "busy"
    assert len(store_of(sleep=sleep).catalog_to_list().listed()) == 3
    assert len(looks) == 3


def test_a_refresh_of_somebody_else_is_waited_for_in_vain_for_a_while(store, clock, refreshing):
    refreshing.becomes = lambda: "busy"
    assert store.catalog_to_list().is_seed
    assert clock.now - NOW == WAIT_SECONDS


def test_with_an_interval_of_zero_every_list_is_live(run, store, clock, refreshing):
    run(discover=lists(3), interval=0)
    refreshing.becomes = lambda: run(now=NOW + 1, discover=lists(4), interval=0)["status"]
    assert len(store.catalog_to_list().listed()) == 4
    refreshing.becomes = lambda: run(now=NOW + 2, discover=lists(5), interval=0)["status"]
    assert len(store.catalog_to_list().listed()) == 5
    assert refreshing.begun == 0


def test_with_an_interval_of_zero_requests_for_models_wait_for_nothing(run, store, refreshing):
    run(discover=lists(3), interval=0)
    assert len(store.catalog().rows) == 3
    assert (refreshing.runs, refreshing.begun) == (0, 0)


def test_with_an_interval_of_zero_a_refresh_that_fails_leaves_the_last_catalog(run, store, refreshing):
    run(discover=lists(3), interval=0)
    assert len(store.catalog_to_list().listed()) == 3
    assert refreshing.runs == 1


def test_an_interval_that_was_set_to_zero_counts_once_the_catalog_is_stale(run, store_of, clock, refreshing):
    run(discover=lists(3))
    store = store_of(is_live=True)
    store.catalog_to_list().listed()
    assert refreshing.runs == 0
    clock.now += 3600
    store.catalog_to_list().listed()
    assert refreshing.runs == 1


def test_a_stale_catalog_of_another_interval_is_for_its_schedule_to_renew(run, store, clock, refreshing):
    run(discover=lists(3))
    clock.now += 3 * 3600
    assert len(store.catalog_to_list().listed()) == 3
    assert refreshing.runs == 0


def test_the_gateway_reads_what_the_refresh_wrote(run, store, catalog_in_table):
    run()
    assert store.catalog() == catalog_in_table()
    assert store.catalog_to_list().listed() == catalog_in_table().listed()


@pytest.mark.parametrize("count", [3, 1_000, 10_000])
def test_a_cold_read_is_one_item_and_one_query_and_a_later_one_is_one_item(run, store, dynamodb, clock, count):
    run(discover=lists(count))
    assert len(store.catalog_to_list().listed()) == count
    assert dynamodb.forget() == ["GetItem", "Query"]
    store.catalog_to_list().listed()
    assert dynamodb.forget() == []
    clock.now += FRESH_SECONDS
    assert len(store.catalog_to_list().listed()) == count
    assert dynamodb.forget() == ["GetItem"]


def test_a_new_catalog_is_seen_whole_after_a_minute(run, store, dynamodb, clock):
    run(discover=lists(3))
    store.catalog_to_list().listed()
    run(now=NOW + 1, discover=lists(5))
    assert len(store.catalog_to_list().listed()) == 3
    clock.now += FRESH_SECONDS
    dynamodb.forget()
    assert len(store.catalog_to_list().listed()) == 5
    assert dynamodb.forget() == ["GetItem", "Query"]


def test_a_failed_refresh_is_seen_without_reading_the_rows_again(run, store, dynamodb, clock):
    run(discover=lists(3))
    assert not store.catalog().is_stale(clock.now)
    with pytest.raises(AssertionError):
        run(now=NOW + 1, discover=fails)
    clock.now += FRESH_SECONDS
    dynamodb.forget()
    assert store.catalog().is_stale(clock.now)
    assert len(store.catalog_to_list().listed()) == 3
    assert dynamodb.forget() == ["GetItem"]


def test_an_outage_leaves_the_last_catalog_and_is_not_asked_about_at_once(run, store, dynamodb, clock):
    run(discover=lists(3))
    store.catalog_to_list().listed()
    dynamodb.is_down = True
    clock.now += FRESH_SECONDS
    dynamodb.forget()
    assert [len(store.catalog_to_list().listed()) for _ in range(3)] == [3, 3, 3]
    assert dynamodb.forget() == ["GetItem"]
    clock.now += RETRY_SECONDS
    store.catalog_to_list().listed()
    assert dynamodb.forget() == ["GetItem"]


def test_an_outage_before_the_first_read_is_said(store, dynamodb):
    dynamodb.is_down = True
    with pytest.raises(StoreUnavailable, match="cannot be read right now"):
        store.catalog()


def test_a_snapshot_that_is_gone_leaves_the_last_catalog(run, store, clock, client_of, services, table_of):
    run(discover=lists(3))
    store.catalog_to_list().listed()
    run(now=NOW + 1, discover=lists(5))
    key = {"pk": {"S": f"SNAPSHOT#{table_of().pointer().snapshot_id}"}, "sk": {"S": "CHUNK#0000"}}
    client_of("dynamodb").delete_item(TableName=services.catalog_table, Key=key)
    clock.now += FRESH_SECONDS
    assert len(store.catalog_to_list().listed()) == 3


def test_a_catalog_expires_in_memory_too(run, store, clock):
    run(discover=lists(3))
    clock.now = NOW + 7 * DAY - 1
    assert len(store.catalog_to_list().listed()) == 3
    clock.now += 1
    assert store.catalog().is_seed


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_gateway_whose_clock_is_five_minutes_off_reads_the_same(run, store, clock, skew):
    run(discover=lists(3))
    clock.now = NOW + skew
    assert len(store.catalog_to_list().listed()) == 3
    clock.now -= 2 * LEASE_SECONDS
    assert len(store.catalog_to_list().listed()) == 3
