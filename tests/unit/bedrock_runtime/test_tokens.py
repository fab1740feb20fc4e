from hypothesis import given
from hypothesis import strategies as st
from sluice_local.bedrock_runtime.answering.tokens import count, pieces


@given(st.text())
def test_pieces_joined_are_the_text(text):
    assert "".join(pieces(text)) == text
    assert count(text) == len(pieces(text))


def test_a_word_is_a_token_and_a_long_one_is_several():
    assert pieces("Hi there, extraordinarily") == ["Hi", " there", ",", " extraor", "dinaril", "y"]
