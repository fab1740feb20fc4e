"""What requests cost: by hand from published prices, and what holds for all of them."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.cost import cost_of, dollars, estimate_of
from sluice.model_facts import facts_of
from sluice.model_row import ModelRow, Price

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
SONNET_5_5 = "anthropic.claude-sonnet-5-5"
NOVA_PRO = "amazon.nova-pro-v1:0"
NOVA_2_LITE = "amazon.nova-2-lite-v1:0"
GPT = "openai.gpt-5.6-sol"
TITAN_EMBED = "amazon.titan-embed-text-v2:0"
TIERS = ("default", "flex", "priority", "reserved")


@dataclass(frozen=True)
class Tokens:
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_writes_by_ttl: tuple[tuple[str, int], ...] = ()


def row_of(model_id, region="us-east-1"):
    prices = tuple(facts_of(model_id).prices_of(model_id, region))
    return ModelRow(model_id=model_id, kind="manual", region=region, name="", provider="", prices=prices)


def priced(*prices):
    return ModelRow(model_id="acme.one", kind="manual", region="us-east-1", name="", provider="", prices=prices)


# --- published prices, worked out by hand ---


@pytest.mark.parametrize(
    ("model_id", "tokens", "dollars_charged"),
    [
        # Sonnet 4.5: $3 in, $15 out; read 0.1, written for 5 minutes 1.25, for an hour 2 times the input's price.
        (f"global.{SONNET}", Tokens(1_000_000, 0), "6"),  # a million is above 200,000: $6 for each
        (f"global.{SONNET}", Tokens(100_000, 10_000), "0.45"),
        (f"global.{SONNET}", Tokens(1_000, 100, cache_read_tokens=100_000), "0.0345"),
        (f"global.{SONNET}", Tokens(0, 0, 0, 100_000), "0.375"),
        (f"global.{SONNET}", Tokens(0, 0, 0, 100_000, (("1h", 60_000), ("5m", 40_000))), "0.51"),
        # A geography costs a tenth more.
        (f"us.{SONNET}", Tokens(100_000, 10_000), "0.495"),
        (f"eu.{SONNET}", Tokens(100_000, 10_000), "0.495"),
        # GovCloud a fifth.
        (f"us-gov.{SONNET}", Tokens(100_000, 10_000), "0.54"),
        # Above 200,000 tokens of input: $6 in, $22.50 out. What was cached counts for the threshold.
        (f"global.{SONNET}", Tokens(200_000, 1_000), "0.615"),
        (f"global.{SONNET}", Tokens(200_001, 1_000), "1.222506"),
        (f"global.{SONNET}", Tokens(1, 0, cache_read_tokens=200_000), "0.120006"),
        # Sonnet 5.5: $2 in, $10 out, and a twentieth for what is read from the cache.
        (f"global.{SONNET_5_5}", Tokens(1_000, 1_000, cache_read_tokens=100_000), "0.022"),
        # GPT-5.6 is dearer above 272,000.
        (f"us.{GPT}", Tokens(272_000, 0), "1.1968"),
        (f"us.{GPT}", Tokens(300_000, 0), "2.64"),
        # Nova Pro: $0.80 in, $3.20 out, $0.20 read. Writes are input.
        (NOVA_PRO, Tokens(1_000, 1_000, 1_000, 1_000), "0.005"),
        # A number of tokens that costs a fraction of a nano-dollar.
        ("amazon.nova-micro-v1:0", Tokens(1, 0), "0.000000035"),
        ("amazon.nova-micro-v1:0", Tokens(0, 0, 1), "0.000000009"),  # 8.75, rounded up
        (TITAN_EMBED, Tokens(1_000), "0.00002"),
    ],
)
def test_published_prices(model_id, tokens, dollars_charged):
    assert dollars(cost_of(row_of(model_id), tokens)) == dollars_charged


@pytest.mark.parametrize(
    ("tier", "dollars_charged"), [("default", "0.0308"), ("flex", "0.0154"), ("priority", "0.0539")]
)
def test_a_tier_has_its_own_prices(tier, dollars_charged):
    # Nova 2 Lite in the US: $0.33 in, $2.75 out; flex is half of it, priority three quarters more.
    assert dollars(cost_of(row_of(f"us.{NOVA_2_LITE}"), Tokens(10_000, 10_000), tier)) == dollars_charged


# --- what is not known is not nothing ---


@pytest.mark.parametrize(
    ("row", "tokens", "tier"),
    [
        (priced(), Tokens(1), "default"),
        (priced(), Tokens(), "default"),
        (priced(Price(output=7.5)), Tokens(1, 1), "default"),  # paid by the second of video
        (priced(Price(input=1.0)), Tokens(1, 1), "default"),
        (priced(Price(input=1.0, output=1.0)), Tokens(1, 1), "priority"),
        (priced(Price(input=1.0, output=1.0)), Tokens(1, 1), "reserved"),
        (priced(Price(input=1.0, cache_write=1.25)), Tokens(0, 0, 0, 5, (("1h", 5),)), "default"),
        (
            priced(Price(input=1.0), Price(input=2.0, above_input_tokens=10), Price(input=3.0, tier="priority")),
            Tokens(11),
            "priority",
        ),
    ],
)
def test_what_has_no_price_is_unknown(row, tokens, tier):
    assert cost_of(row, tokens, tier) is None


def test_what_a_model_never_does_needs_no_price():
    assert cost_of(priced(Price(input=1.0)), Tokens(5)) == 5_000
    assert cost_of(priced(Price(input=1.0, output=1.0)), Tokens()) == 0


# --- estimates ---


def test_an_estimate_takes_all_input_as_written_to_the_cache_for_as_long_as_the_model_can():
    assert dollars(estimate_of(row_of(f"global.{SONNET}"), 1_000, 1_000)) == "0.021"
    assert dollars(estimate_of(row_of(f"global.{SONNET}"), 1_000, 1_000, writes_cache=False)) == "0.018"


def test_an_estimate_without_a_price_is_unknown():
    assert estimate_of(priced(), 1, 1) is None
    assert estimate_of(priced(Price(output=7.5)), 0, 1) is None
    assert estimate_of(priced(Price(input=1.0)), 1, 1) is None
    assert estimate_of(priced(Price(input=1.0, output=1.0)), 1, 1, "flex") is None


# --- for all of them ---

MODELS = [f"global.{SONNET}", f"us-gov.{SONNET}", f"us.{GPT}", NOVA_PRO, f"us.{NOVA_2_LITE}", TITAN_EMBED]
COUNTS = st.integers(0, 600_000)


@st.composite
def usages(draw):
    an_hour, short = draw(COUNTS), draw(COUNTS)
    by_ttl = draw(st.sampled_from([(), (("1h", an_hour), ("5m", short))]))
    return Tokens(draw(COUNTS), draw(COUNTS), draw(COUNTS), an_hour + short, by_ttl)


def exactly(row, usage):
    """The sum that accountants would do, in exact fractions of a nano-dollar."""
    price = row.price("default", usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens)
    an_hour = dict(usage.cache_writes_by_ttl).get("1h", 0)
    rates = (
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_tokens, price.cache_read or price.input),
        (usage.cache_write_tokens - an_hour, price.cache_write or price.input),
        (an_hour, price.cache_write_1h),
    )
    if any(tokens and rate is None for tokens, rate in rates):
        return None
    return sum(tokens * Fraction(str(rate or 0)) * 1000 for tokens, rate in rates)


@given(st.sampled_from(MODELS), usages())
def test_a_cost_is_the_exact_sum_rounded_up(model_id, usage):
    row = row_of(model_id)
    cost, exact = cost_of(row, usage), exactly(row, usage)
    assert (cost is None) == (exact is None)
    assert cost is None or 0 <= cost - exact < 1


@given(st.sampled_from(MODELS), usages(), st.sampled_from(TIERS))
def test_an_estimate_is_never_below_the_cost_of_as_many_tokens(model_id, usage, tier):
    row = row_of(model_id)
    prompt_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    cost = cost_of(row, usage, tier)
    estimate = estimate_of(row, prompt_tokens, usage.output_tokens, tier)
    assert cost is None or estimate >= cost


@given(st.sampled_from(MODELS), usages(), st.sampled_from(("input_tokens", "output_tokens", "cache_read_tokens")))
def test_more_tokens_never_cost_less(model_id, usage, name):
    row = row_of(model_id)
    more = Tokens(**{**usage.__dict__, name: getattr(usage, name) + 1})
    cost, dearer = cost_of(row, usage), cost_of(row, more)
    assert None in (cost, dearer) or dearer >= cost


@given(st.integers(-(10**15), 10**15))
def test_an_amount_is_spelled_with_all_its_digits_and_no_others(nano_usd):
    spelled = dollars(nano_usd)
    assert Fraction(spelled) * 10**9 == nano_usd
    assert "." not in spelled or not spelled.endswith(("0", "."))
