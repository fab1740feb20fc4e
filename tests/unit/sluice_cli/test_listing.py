import json

from sluice.keys import KeyRow
from sluice_cli.listing import as_json, as_table

ALICE = KeyRow(key_id="abcdefghijklmnop", secret_sha256="5ec4e7", name="alice", created_at=1_700_000_000)
BOB = KeyRow(key_id="ponmlkjihgfedcba", secret_sha256="5ec4e7", name="Bob's CI", created_at=0, disabled=True)


def test_a_table_has_aligned_columns_and_nothing_at_the_ends_of_its_lines():
    assert as_table([ALICE, BOB]) == (
        "ID                NAME      CREATED (UTC)     STATE\n"
        "abcdefghijklmnop  alice     2023-11-14 22:13  active\n"
        "ponmlkjihgfedcba  Bob's CI  1970-01-01 00:00  disabled"
    )


def test_json_holds_the_same_for_programs():
    assert json.loads(as_json([ALICE, BOB])) == [
        {"id": "abcdefghijklmnop", "name": "alice", "created_at": "2023-11-14T22:13:20Z", "state": "active"},
        {"id": "ponmlkjihgfedcba", "name": "Bob's CI", "created_at": "1970-01-01T00:00:00Z", "state": "disabled"},
    ]


def test_json_of_no_keys_is_an_empty_array():
    assert as_json([]) == "[]"


def test_the_hash_of_a_secret_is_never_shown():
    assert "5ec4e7" not in as_table([ALICE]) + as_json([ALICE])
