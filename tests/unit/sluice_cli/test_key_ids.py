"""What an operator may name a key by."""

import pytest
from sluice.keys import key_id_in, new_key


def test_a_whole_key_names_its_id():
    text, key = new_key(b"deployment")
    assert key_id_in(text) == key.key_id


def test_an_id_names_itself():
    assert key_id_in("abcdefghijklmn27") == "abcdefghijklmn27"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "abcdefghijklmno",
        "abcdefghijklmnopq",
        "ABCDEFGHIJKLMNOP",
        "abcdefghijklmno1",
        "abcdefghijklmnop\n",
        "slc_abcdefghijklmnop",
        "slc_abcdefghijklmnop_short",
    ],
)
def test_anything_else_names_no_key(text):
    assert key_id_in(text) is None
