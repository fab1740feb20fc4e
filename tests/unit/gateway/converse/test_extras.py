import pytest
from gateway.converse.extras import guardrail_of, performance_config, request_metadata
from gateway.errors import InvalidRequest
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of

HEADERS = {"x-amzn-bedrock-guardrailidentifier": "gr1"}


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("", None),
        ("auto", None),
        ("default", None),
        ("scale", None),
        ("flex", {"type": "flex"}),
        ("priority", {"type": "priority"}),
        ("fast", {"type": "priority"}),
        ("reserved", {"type": "reserved"}),
    ],
)
def test_a_service_tier_is_sent_where_it_asks_for_something(tier, expected):
    assert body_of(ModelTraits(), service_tier=tier).get("serviceTier") == expected


def test_a_tier_that_the_model_has_not_is_not_sent():
    traits = ModelTraits(service_tiers=frozenset({"default"}))
    assert "serviceTier" not in body_of(traits, service_tier="flex")


def test_a_guardrail_comes_by_header_or_by_body_and_the_body_wins():
    assert guardrail_of({}, None, "g", streams=True) is None
    assert guardrail_of(HEADERS, None, "g", streams=True) == {
        "guardrailIdentifier": "gr1",
        "guardrailVersion": "DRAFT",
    }
    body = {"guardrailIdentifier": "gr2", "guardrailVersion": "3", "trace": "enabled", "streamProcessingMode": "async"}
    assert guardrail_of(HEADERS, body, "g", streams=True) == body
    del body["streamProcessingMode"]
    assert guardrail_of({}, {**body, "streamProcessingMode": "async"}, "g", streams=False) == body


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("gr2", "g"),
        ({}, "g.guardrailIdentifier"),
        ({"guardrailIdentifier": "x"}, "g.guardrailVersion"),
        ({"guardrailIdentifier": "x", "guardrailVersion": "1", "trace": "loud"}, "g.trace"),
    ],
)
def test_an_incomplete_guardrail_is_refused(body, param):
    with pytest.raises(InvalidRequest) as caught:
        guardrail_of({}, body, "g", streams=True)
    assert caught.value.param == param


def test_metadata_is_brought_into_the_characters_and_lengths_that_bedrock_takes():
    given = {"team": "Küche & Keller!", "run": "x" * 300}
    assert request_metadata(given, "metadata") == {"team": "K_che _ Keller_", "run": "x" * 256}


@pytest.mark.parametrize("given", [{str(n): "" for n in range(17)}, {"a": 1}])
def test_metadata_that_bedrock_has_no_place_for_is_refused(given):
    with pytest.raises(InvalidRequest):
        request_metadata(given, "metadata")


def test_latency_is_optimized_where_the_client_asks_for_it():
    config = performance_config({"latency": "optimized"}, "performanceConfig")
    assert body_of(ModelTraits(), performance=config)["performanceConfig"] == {"latency": "optimized"}
    with pytest.raises(InvalidRequest):
        performance_config({"latency": "warp"}, "performanceConfig")


def test_a_model_without_a_system_prompt_reads_it_in_the_first_message():
    body = body_of(ModelTraits(system=False), ("system", "Be kind."), ("user", "a"))
    assert body == {"messages": [{"role": "user", "content": [{"text": "Be kind."}, {"text": "a"}]}]}
