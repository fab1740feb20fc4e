"""What the values of options may look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.cost import dollars
from sluice.policy import Guardrail
from sluice.residency import Residency
from sluice_cli import option_types

ARN = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123def456"


@pytest.mark.parametrize(
    ("text", "nano_usd"),
    [("5", 5_000_000_000), ("12.50", 12_500_000_000), ("0.000000001", 1), ("999999999.999999999", 10**18 - 1)],
)
def test_dollars_become_whole_nano_dollars(text, nano_usd):
    assert option_types.nano_usd(text) == nano_usd


@given(st.integers(1, 10**18 - 1))
def test_no_amount_is_rounded(nano_usd):
    assert option_types.nano_usd(dollars(nano_usd)) == nano_usd


@pytest.mark.parametrize(
    "text", ["", "0", "0.00", "-5", "$5", "5,50", "1e3", "1_000", ".5", "5.", "0.0000000001", "NaN"]
)
def test_what_is_no_amount_of_dollars(text):
    with pytest.raises(ValueError, match="is no amount of dollars above 0"):
        option_types.nano_usd(text)


def test_counts():
    assert [option_types.count(text) for text in ("1", "60", "100000000000000")] == [1, 60, 10**14]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "1k", "1_000", "1000000000000000", "٣"])
def test_what_is_no_count(text):
    with pytest.raises(ValueError, match="is no whole number above 0"):
        option_types.count(text)


@pytest.mark.parametrize(
    ("text", "identifier", "version"),
    [("abc123:1", "abc123", "1"), ("abc123:DRAFT", "abc123", "DRAFT"), (f"{ARN}:42", ARN, "42")],
)
def test_the_last_colon_parts_a_guardrail_from_its_version(text, identifier, version):
    assert option_types.guardrail(text) == Guardrail(identifier, version)


@pytest.mark.parametrize(
    "text", ["", "abc123", "abc123:", ":1", "abc123:0", "abc123:draft", ARN, "ABC:1", f"{ARN}:1\n"]
)
def test_what_is_no_guardrail(text):
    with pytest.raises(ValueError, match="is not a guardrail's id or ARN, a colon, and its version"):
        option_types.guardrail(text)


@pytest.mark.parametrize(
    "text",
    ["*", "anthropic.claude-*", "us.anthropic.claude-sonnet-4-?-*", f"{ARN}*", "provider:Mistral AI", "provider:a*"],
)
def test_patterns_over_models(text):
    assert option_types.model_pattern(text) == text


@pytest.mark.parametrize("text", ["", "anthropic.*,amazon.*", "a b", "[ab]*", "provider:", "PROVIDER:", "provider:a\n"])
def test_what_is_no_pattern_over_models(text):
    with pytest.raises(ValueError, match="is no pattern over model ids"):
        option_types.model_pattern(text)


def test_tags():
    assert option_types.tag("team = search=1") == ("team", "search=1")
    assert option_types.tag("empty=") == ("empty", "")


@pytest.mark.parametrize("text", ["", "team", "=search", "a=\x1b[31m", "a=" + "b" * 300])
def test_what_is_no_tag(text):
    with pytest.raises(ValueError, match="must be like team=search"):
        option_types.tag(text)


def test_residency():
    assert option_types.residency("eu, us-east-1") == Residency(("eu", "us-east-1"))
    with pytest.raises(ValueError, match="'mars' is neither a region"):
        option_types.residency("mars")
    with pytest.raises(ValueError, match="no region is named"):
        option_types.residency(" , ")
