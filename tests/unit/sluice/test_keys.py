from copy import replace

import pytest
from sluice.keys import (
    KEY_PATTERN,
    KeyRow,
    from_item,
    is_of_deployment,
    new_key,
    new_secret,
    parse_key,
    secret_matches,
    to_item,
)

SECRET = b"of this deployment"
ROW = KeyRow("abcdefghij234567", "5ec4e7", "alice", 1_700_000_000)
FULL = replace(
    ROW,
    owner="team-a",
    expires_at=1_900_000_000,
    previous_sha256="01d",
    previous_until=1_800_000_000,
    rotated_at=1_750_000_000,
    tags={"cost-centre": "42"},
    policy_json='{"attribution":true}',
)


def test_a_key_is_its_id_and_its_secret():
    text, presented = new_key(SECRET)
    assert KEY_PATTERN.fullmatch(text)
    assert parse_key(text) == presented


def test_an_id_tells_whether_the_deployment_made_it():
    ids = [new_key(SECRET)[1].key_id for _ in range(50)]
    assert all(is_of_deployment(key_id, SECRET) for key_id in ids)
    assert not any(is_of_deployment(key_id, b"of another") for key_id in ids)
    others = (key_id[:-1] + ("a" if key_id[-1] != "a" else "b") for key_id in ids)
    assert not any(is_of_deployment(key_id, SECRET) for key_id in others)


def test_a_rotated_key_keeps_its_id():
    _, presented = new_key(SECRET)
    text, rotated = new_secret(presented.key_id)
    assert (rotated.key_id, text.split("_")[1]) == (presented.key_id, presented.key_id)
    assert rotated.secret_sha256 != presented.secret_sha256


@pytest.mark.parametrize("row", [ROW, FULL])
def test_a_row_comes_back_as_it_was(row):
    assert from_item(to_item(row)) == row


def test_no_row_has_the_attribute_by_which_the_table_deletes():
    assert "expires_at" not in to_item(FULL)


def test_a_row_that_does_not_say_that_it_is_enabled_is_disabled():
    item = to_item(ROW)
    del item["disabled"]
    assert from_item(item).disabled


@pytest.mark.parametrize(
    "attribute",
    [
        {"valid_until": {"S": "1700000000"}},
        {"valid_until": {"N": "soon"}},
        {"policy": {"M": {"allowed_models": {"L": [{"S": "anthropic.*"}]}}}},
        {"disabled": {"S": "true"}},
        {"tags": {"M": {}}},
    ],
)
def test_a_row_whose_restrictions_cannot_be_understood_is_no_row(attribute):
    with pytest.raises((KeyError, ValueError)):
        from_item({**to_item(ROW), **attribute})


@pytest.mark.parametrize("unset", ["", "0" * 64])
def test_a_row_without_a_hash_is_opened_by_nothing(unset):
    _, presented = new_key(SECRET)
    assert not secret_matches(replace(presented, secret_sha256=unset), replace(ROW, secret_sha256=unset or "0" * 64), 0)
