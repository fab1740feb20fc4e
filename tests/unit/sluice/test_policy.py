from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.model_row import ModelRow
from sluice.policy import EVERYTHING, Budget, Guardrail, Limits, Policy, policy_from_json, policy_to_json
from sluice.residency import Residency

ROW = ModelRow(
    model_id="anthropic.claude-sonnet-4-5-20250929-v1:0",
    kind="foundation-model",
    region="us-east-1",
    name="Claude Sonnet 4.5",
    provider="Anthropic",
    arn="arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
    base_model_id="anthropic.claude-sonnet-4-5-20250929-v1:0",
    invoke_id="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
)
COUNTS = st.none() | st.integers(0, 10**12)
TEXTS = st.lists(st.text(max_size=20)).map(tuple)


@pytest.mark.parametrize(
    ("patterns", "may"),
    [
        ((), True),
        (("anthropic.*",), True),
        (("ANTHROPIC.Claude-Sonnet-4-5*",), True),
        (("us.anthropic.*",), True),
        (("provider:anthropic",), True),
        (("provider:amazon", "provider:anth*"), True),
        (("provider:amazon",), False),
        (("amazon.*", "meta.*"), False),
        (("claude*",), False),
        (("anthropic.claude-sonnet-4-?-*",), True),
    ],
)
def test_patterns_are_over_ids_and_providers(patterns, may):
    assert Policy(allowed_models=patterns).may_use(ROW) is may


def test_a_policy_that_restricts_nothing_is_stored_as_nothing():
    assert policy_to_json(EVERYTHING) == ""
    assert policy_from_json("") == EVERYTHING


def test_a_policy_is_stored_without_what_it_does_not_restrict():
    policy = Policy(
        allowed_models=("anthropic.*",),
        residency=Residency(("eu",)),
        limits=Limits(requests_per_minute=60),
        budget=Budget(nano_usd_per_day=5_000_000_000),
        guardrail=Guardrail("gr-1", "2"),
    )
    assert policy_to_json(policy) == (
        '{"allowed_models":["anthropic.*"],"residency":["eu"],"limits":{"requests_per_minute":60},'
        '"budget":{"nano_usd_per_day":5000000000,"at_limit":"block"},"guardrail":{"identifier":"gr-1","version":"2"}}'
    )


@given(
    st.builds(
        Policy,
        allowed_models=TEXTS,
        allowed_dialects=TEXTS,
        allowed_operations=TEXTS,
        residency=st.sampled_from([Residency(), Residency(("eu",)), Residency(("us-east-1", "ap-"))]),
        limits=st.builds(Limits, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
        budget=st.builds(Budget, COUNTS, COUNTS, st.sampled_from(["block", "warn"])),
        guardrail=st.none() | st.builds(Guardrail, st.text(max_size=9), st.text(max_size=3)),
        attribution=st.booleans(),
    )
)
def test_every_policy_comes_back_as_it_was(policy):
    assert policy_from_json(policy_to_json(policy)) == policy


def test_a_prompt_router_is_not_allowed_for_the_model_it_falls_back_to():
    arn = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1"
    router = replace(ROW, kind="prompt-router", model_id=arn, arn=arn, invoke_id=arn)
    assert not Policy(allowed_models=("anthropic.claude-sonnet*",)).may_use(router)
    assert Policy(allowed_models=("*:default-prompt-router/*",)).may_use(router)
    assert Policy(allowed_models=("provider:anthropic",)).may_use(router)


@pytest.mark.parametrize(
    "text",
    [
        '{"allowed_hours":[8]}',
        '{"limits":{"requests_per_hour":1}}',
        '{"budget":{"at_limit":"ignore"}}',
        '{"residency":["mars"]}',
        '{"guardrail":{"identifier":"x"}}',
        '{"limits":5}',
        '{"allowed_models":"anthropic.*"}',
        '{"allowed_models":null}',
        '{"allowed_models":[5]}',
        '{"allowed_dialects":"openai"}',
        '{"allowed_operations":{"messages":true}}',
        '{"residency":"eu"}',
        '{"limits":{"requests_per_minute":"60"}}',
        '{"limits":{"requests_per_minute":true}}',
        '{"limits":{"max_output_tokens":-1}}',
        '{"budget":{"nano_usd_per_day":1.5}}',
        '{"budget":{"nano_usd_per_month":"5"}}',
        '{"guardrail":{"identifier":"x","version":1}}',
        '{"attribution":"no"}',
        "null",
        "[]",
        "{",
    ],
)
def test_what_this_version_does_not_know_is_no_policy(text):
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own error is one, too
        policy_from_json(text)
