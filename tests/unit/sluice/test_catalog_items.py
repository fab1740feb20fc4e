"""The catalog's items in DynamoDB: written, read, broken."""

import base64
import random
from copy import replace

import pytest
from sluice.catalog import Catalog, Times
from sluice.catalog_items import (
    CHUNK_SIZE,
    BrokenSnapshot,
    Pointer,
    decode_snapshot,
    encode_snapshot,
    pointer_from_item,
    snapshot_partition,
)
from sluice.model_row import ModelRow

NOW = 1_700_000_000
TIMES = Times(NOW, 3600)
ROWS = tuple(
    ModelRow(model_id=f"a.{number}", kind="foundation-model", region="r", name=f"{number}", provider="a", listed=True)
    for number in range(3)
)


def published(rows=ROWS):
    snapshot = encode_snapshot(4, rows, "a.1")
    pointer = Pointer(snapshot.snapshot_id, 4, TIMES, len(rows), len(snapshot.chunks))
    return pointer, snapshot.items(TIMES.expires_at)


def incompressible(count):
    source = random.Random(7)
    return tuple(replace(ROWS[0], model_id=f"a.{n}", name=f"{source.getrandbits(8_000):x}") for n in range(count))


def test_what_was_written_is_read():
    pointer, items = published()
    assert decode_snapshot(pointer, items, NOW) == Catalog(pointer.snapshot_id, TIMES, ROWS, "a.1")


def test_dynamodbs_own_json_has_its_bytes_in_base64():
    pointer, items = published()
    for item in items:
        item["data"] = {"B": base64.b64encode(item["data"]["B"]).decode()}
    assert decode_snapshot(pointer, items, NOW).rows == ROWS


def test_a_large_catalog_is_cut_into_items_that_fit_and_put_together_in_order():
    rows = incompressible(500)
    pointer, items = published(rows)
    assert pointer.chunks == len(items) > 1
    assert max(len(item["data"]["B"]) for item in items) == CHUNK_SIZE
    assert decode_snapshot(pointer, items[::-1], NOW).rows == rows


def test_an_item_that_has_expired_and_was_not_deleted_does_not_count():
    pointer, items = published()
    assert decode_snapshot(pointer, items, TIMES.expires_at - 1).rows == ROWS
    with pytest.raises(BrokenSnapshot, match="has 0 of 1 chunks"):
        decode_snapshot(pointer, items, TIMES.expires_at)


def test_a_missing_chunk_is_noticed():
    pointer, items = published(incompressible(500))
    with pytest.raises(BrokenSnapshot, match=f"has {len(items) - 1} of {len(items)} chunks"):
        decode_snapshot(pointer, items[1:], NOW)


def test_chunks_of_another_snapshot_are_noticed():
    pointer, _ = published()
    _, others = published(ROWS[:1])
    with pytest.raises(BrokenSnapshot, match="is not what was written"):
        decode_snapshot(pointer, others, NOW)


def test_a_snapshot_has_a_partition_of_its_own():
    one, other = encode_snapshot(1, ROWS), encode_snapshot(2, ROWS)
    assert snapshot_partition(one.snapshot_id) != snapshot_partition(other.snapshot_id)


def test_the_chunks_expire_and_the_pointer_does_not():
    _, items = published()
    assert {item["expires_at"]["N"] for item in items} == {str(NOW + 7 * 24 * 3600)}


@pytest.mark.parametrize("item", [None, {}, {"failed_at": {"N": "5"}}])
def test_no_pointer_points_nowhere(item):
    assert pointer_from_item(item) is None


def test_a_pointer_is_read_as_it_was_written():
    item = {
        "snapshot_id": {"S": "4-x"},
        "generation": {"N": "4"},
        "started_at": {"N": str(NOW)},
        "refresh_interval": {"N": "3600"},
        "models": {"N": "3"},
        "chunks": {"N": "1"},
    }
    assert pointer_from_item(item) == Pointer("4-x", 4, TIMES, 3, 1)
    assert pointer_from_item(item | {"failed_at": {"N": "9"}}).failed_at == 9


def test_a_catalog_expires_at_its_last_second():
    assert not TIMES.have_expired(TIMES.expires_at - 1)
    assert TIMES.have_expired(TIMES.expires_at)


@pytest.mark.parametrize(
    ("interval", "stale_after", "expires_after"),
    [(0, 0, 604_800), (3600, 3600, 604_800), (60_480, 60_480, 604_800), (86_400, 86_400, 864_000)],
)
def test_a_catalog_lives_for_seven_days_or_ten_intervals(interval, stale_after, expires_after):
    times = Times(NOW, interval)
    assert (times.stale_at, times.expires_at) == (NOW + stale_after, NOW + expires_after)


def test_a_list_shows_an_id_once_and_only_what_is_listed():
    other = replace(ROWS[0], region="other", model_id="A.0")
    catalog = Catalog("1", TIMES, (*ROWS, other, replace(ROWS[1], model_id="a.hidden", listed=False)))
    assert catalog.listed() == list(ROWS)
