import base64
import hashlib
import os
import re
import zlib

import pytest
from gateway.converse.capsule import pack, seal, unpack, unseal
from hypothesis import given
from hypothesis import strategies as st

SIGNED = {"reasoningContent": {"reasoningText": {"text": "Let me think.\n", "signature": "c2lnbmVk"}}}
REDACTED = {"reasoningContent": {"redactedContent": "aGlkZGVu"}}
UNSIGNED = {"reasoningContent": {"reasoningText": {"text": "Hm."}}}

reasoning = st.lists(
    st.one_of(
        st.builds(
            lambda text, signature: {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}},
            st.text(),
            st.text(min_size=1),
        ),
        st.builds(lambda data: {"reasoningContent": {"redactedContent": data}}, st.text(min_size=1)),
    ),
    min_size=1,
    max_size=4,
)


@given(reasoning)
def test_what_an_id_carries_comes_back_unchanged(blocks):
    packed = pack("tooluse_1", blocks)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", packed)
    assert unpack(packed) == ("tooluse_1", blocks)


def test_an_id_stays_as_it_is_where_nothing_signed_belongs_to_it():
    assert pack("tooluse_1", []) == pack("tooluse_1", [UNSIGNED]) == "tooluse_1"
    assert unpack(pack("t", [UNSIGNED, SIGNED, REDACTED])) == ("t", [SIGNED, REDACTED])


def test_reasoning_that_would_make_an_endless_id_is_left_behind():
    unique = "".join(hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(4_000))
    block = {"reasoningContent": {"reasoningText": {"text": unique, "signature": "s"}}}
    assert pack("t", [block]) == "t"


@given(st.integers(min_value=0, max_value=10_000))
def test_an_id_that_was_cut_anywhere_carries_nothing_and_never_fails(at):
    whole = pack("tooluse_1", [SIGNED, REDACTED])
    at %= len(whole)
    plain, blocks = unpack(whole[:at])
    assert blocks == []
    assert len(plain) <= len("tooluse_1_slr1_")


@given(st.text())
def test_any_id_of_a_clients_is_left_alone(text):
    if "_slr1_" not in text:
        assert unpack(text) == (text, [])


@pytest.mark.parametrize("forged", ["t_slr1_", "t_slr1_00000000AAAA", "_slr1_x"])
def test_a_forged_id_carries_nothing(forged):
    assert unpack(forged)[1] == []


def test_an_id_that_would_fill_the_memory_is_not_unpacked_to_its_end():
    data = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode().rstrip("=")
    check = hashlib.sha256(data.encode()).hexdigest()[:8]
    assert unpack(f"t_slr1_{check}{data}") == ("t", [])


@given(reasoning)
def test_what_is_sealed_comes_back_unchanged_whatever_its_length(blocks):
    assert unseal(seal(blocks)) == blocks
    long = [
        {
            "reasoningContent": {
                "reasoningText": {"text": "x" * 10, "signature": base64.b64encode(os.urandom(90_000)).decode()}
            }
        }
    ]
    assert unseal(seal(long)) == long


def test_what_is_not_ours_is_no_reasoning():
    assert unseal("gAAAAABo-what-another-provider-encrypted") == unseal("") == unseal("é" * 20) == []
    assert seal([UNSIGNED]) == ""
