import json

from sluice.keys import KeyRow
from sluice_cli.key_listing import as_json, as_table

NOW = 1_700_000_000
ALICE = KeyRow(
    key_id="abcdefghijklmnop",
    secret_sha256="5ec4e7",
    name="alice",
    created_at=NOW,
    owner="Search",
    expires_at=NOW + 60,
    previous_sha256="01d5ec4e7",
    previous_until=NOW + 30,
    rotated_at=NOW + 1,
    tags={"team": "search"},
    policy_json='{"allowed_models":["anthropic.*"],"budget":{"nano_usd_per_day":12500000000,"at_limit":"warn"}}',
)
BOB = KeyRow(key_id="ponmlkjihgfedcba", secret_sha256="5ec4e7", name="Bob's CI", created_at=1, disabled=True)


def test_a_table_has_aligned_columns_and_nothing_at_the_ends_of_its_lines():
    assert as_table([ALICE, BOB], NOW) == (
        "ID                NAME      OWNER   CREATED (UTC)     EXPIRES (UTC)     STATE\n"
        "abcdefghijklmnop  alice     Search  2023-11-14 22:13  2023-11-14 22:14  active\n"
        "ponmlkjihgfedcba  Bob's CI  -       1970-01-01 00:00  never             disabled"
    )


def test_json_holds_all_there_is_for_programs():
    assert json.loads(as_json([ALICE, BOB], NOW)) == [
        {
            "id": "abcdefghijklmnop",
            "name": "alice",
            "owner": "Search",
            "state": "active",
            "created_at": "2023-11-14T22:13:20Z",
            "expires_at": "2023-11-14T22:14:20Z",
            "rotated_at": "2023-11-14T22:13:21Z",
            "previous_secret_until": "2023-11-14T22:13:50Z",
            "tags": {"team": "search"},
            "policy": {"allowed_models": ["anthropic.*"], "budget": {"usd_per_day": 12.5, "at_limit": "warn"}},
        },
        {
            "id": "ponmlkjihgfedcba",
            "name": "Bob's CI",
            "owner": None,
            "state": "disabled",
            "created_at": "1970-01-01T00:00:01Z",
            "expires_at": None,
            "rotated_at": None,
            "previous_secret_until": None,
            "tags": {},
            "policy": {},
        },
    ]


def test_json_of_no_keys_is_an_empty_array():
    assert as_json([], NOW) == "[]"


def test_a_key_has_expired_from_that_second_on_and_its_last_secret_is_over():
    (key,) = json.loads(as_json([ALICE], NOW + 60))
    assert (key["state"], key["previous_secret_until"]) == ("expired", None)
    assert as_table([ALICE], NOW + 60).endswith("  expired")


def test_a_policy_of_a_newer_version_spoils_no_list():
    newer = KeyRow("abcdefghijklmnop", "5ec4e7", "alice", NOW, policy_json='{"moon_phase":"full"}')
    (key,) = json.loads(as_json([newer], NOW))
    assert "moon_phase" in key["policy"]["unreadable"]


def test_the_hash_of_a_secret_is_never_shown():
    assert "5ec4e7" not in as_table([ALICE], NOW) + as_json([ALICE], NOW)
