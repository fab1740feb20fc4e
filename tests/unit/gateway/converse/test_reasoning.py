import pytest
from gateway.converse.content import text_block
from gateway.converse.conversation import tool_result, tool_use
from gateway.converse.reasoning import Reasoning, nearest_effort
from gateway.converse.sampling import Sampling
from gateway.converse.tools import Tool
from sluice.known_traits import traits_of
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of

BUDGET = ModelTraits(reasoning="budget", reasoning_beta="interleaved")
ADAPTIVE = ModelTraits(reasoning="adaptive", efforts=("low", "medium", "high", "xhigh"))
EITHER = ModelTraits(reasoning="budget_or_adaptive")
NOVA = ModelTraits(reasoning="nova", efforts=("low", "medium", "high"))
SIGNED = {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}}


def fields(traits, asked, **members):
    return body_of(traits, reasoning=asked, **members).get("additionalModelRequestFields", {})


@pytest.mark.parametrize(
    ("effort", "budget"),
    [("minimal", 1024), ("low", 1024), ("medium", 2048), ("high", 4096), ("xhigh", 8192), ("max", 16384)],
)
def test_an_effort_becomes_a_budget_with_room_for_the_answer(effort, budget):
    body = body_of(BUDGET, reasoning=Reasoning(effort))
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": budget}}
    assert body["inferenceConfig"] == {"maxTokens": budget + 4096}


@pytest.mark.parametrize(("limit", "expected"), [(5000, 4096), (3000, 2999), (1025, 1024)])
def test_a_budget_stays_below_the_clients_limit(limit, expected):
    body = body_of(BUDGET, reasoning=Reasoning("high"), sampling=Sampling(max_tokens=limit))
    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] == expected
    assert body["inferenceConfig"]["maxTokens"] == limit


def test_a_limit_without_room_for_the_least_budget_is_kept_and_nothing_reasoned():
    body = body_of(BUDGET, reasoning=Reasoning("high"), sampling=Sampling(max_tokens=1024))
    assert body == {**body, "inferenceConfig": {"maxTokens": 1024}}
    assert "additionalModelRequestFields" not in body


def test_a_small_budget_is_raised_to_the_least_one():
    assert fields(BUDGET, Reasoning(budget=10))["thinking"]["budget_tokens"] == 1024


def test_reasoning_between_tool_calls_is_asked_for_where_there_are_tools():
    assert fields(BUDGET, Reasoning("low"), tools=[Tool("f")])["anthropic_beta"] == ["interleaved"]
    assert "anthropic_beta" not in fields(BUDGET, Reasoning("low"))


@pytest.mark.parametrize(
    ("asked", "effort"),
    [
        (Reasoning("minimal"), "low"),
        (Reasoning("low"), "low"),
        (Reasoning("max"), "xhigh"),
        (Reasoning(budget=2000), "low"),
        (Reasoning(budget=8000, mode="enabled"), "medium"),
        (Reasoning(budget=31999, mode="enabled"), "high"),
    ],
)
def test_an_adaptive_model_gets_the_nearest_effort_it_has(asked, effort):
    assert fields(ADAPTIVE, asked) == {
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": effort},
    }


def test_an_adaptive_model_decides_by_itself_where_the_client_says_no_effort():
    asked = Reasoning(mode="adaptive", display="omitted")
    assert fields(ADAPTIVE, asked) == {"thinking": {"type": "adaptive", "display": "omitted"}}


def test_govcloud_is_told_no_display():
    traits = traits_of("us-gov.anthropic.claude-opus-4-8")
    assert "display" not in fields(traits, Reasoning("high"))["thinking"]


def test_a_model_that_takes_both_gets_a_budget_only_where_the_client_named_one():
    assert fields(EITHER, Reasoning("high"))["thinking"]["type"] == "adaptive"
    assert fields(EITHER, Reasoning(budget=2000, mode="enabled"))["thinking"]["type"] == "enabled"


@pytest.mark.parametrize("asked", [Reasoning("none"), Reasoning(mode="disabled")])
def test_reasoning_is_switched_off_where_it_can_be(asked):
    for traits in (BUDGET, ADAPTIVE, EITHER):
        assert fields(traits, asked) == {"thinking": {"type": "disabled"}}
    assert fields(NOVA, asked) == {"reasoningConfig": {"type": "disabled"}}
    assert fields(ModelTraits(reasoning="none"), asked) == {}


@pytest.mark.parametrize("asked", [Reasoning("none"), Reasoning(mode="disabled")])
def test_a_model_that_always_reasons_is_never_told_not_to(asked):
    always = ModelTraits(reasoning="adaptive", always_reasons=True, efforts=("low", "high"))
    assert fields(always, asked)["output_config"] == {"effort": "low"}
    open_weights = ModelTraits(reasoning="raw", always_reasons=True, efforts=("low", "high"))
    assert fields(open_weights, asked) == {"reasoning_effort": "low"}


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("raw", {"reasoning_effort": "high"}),
        ("effort", {"reasoning": {"effort": "high"}}),
        ("nova", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        ("none", {}),
    ],
)
def test_other_models_are_asked_in_their_own_words(switch, expected):
    assert fields(ModelTraits(reasoning=switch), Reasoning("high")) == expected


def test_nova_at_its_highest_effort_takes_neither_a_limit_nor_sampling():
    sampling = Sampling(max_tokens=100, temperature=0.5, top_p=0.5, top_k=5, stop_sequences=["x"])
    body = body_of(NOVA, reasoning=Reasoning("high"), sampling=sampling)
    assert body["inferenceConfig"] == {"stopSequences": ["x"]}
    assert body_of(NOVA, reasoning=Reasoning("low"), sampling=sampling)["inferenceConfig"]["maxTokens"] == 100


def test_nothing_asked_changes_nothing():
    for traits in (BUDGET, ADAPTIVE, NOVA, ModelTraits()):
        assert "additionalModelRequestFields" not in body_of(traits)


@pytest.mark.parametrize(("kept", "reasons"), [([SIGNED], True), ([], False)])
def test_a_tool_loop_whose_reasoning_was_lost_goes_on_without(kept, reasons):
    turns = [
        ("user", "a"),
        ("assistant", [*kept, tool_use("1", "f", {})]),
        ("user", [tool_result("1", [text_block("x")])]),
    ]
    body = body_of(BUDGET, *turns, tools=[Tool("f")], reasoning=Reasoning("high"))
    assert ("additionalModelRequestFields" in body) is reasons


def test_reasoning_tokens_are_asked_for_only_where_there_is_reasoning():
    traits = ModelTraits(reasoning="adaptive", reasoning_response_fields=("/usage/x",), response_fields=("/stop",))
    assert body_of(traits)["additionalModelResponseFieldPaths"] == ["/stop"]
    asked = body_of(traits, reasoning=Reasoning("low"))
    assert asked["additionalModelResponseFieldPaths"] == ["/stop", "/usage/x"]


def test_the_nearest_effort_is_rather_less_than_more():
    assert nearest_effort("xhigh", ("low", "medium", "high", "max")) == "high"
    assert nearest_effort("none", ("low", "high")) == "low"


BETWEEN = ModelTraits(
    reasoning="adaptive", always_reasons=True, off_switch="between_tools", efforts=("low", "high", "max")
)


@pytest.mark.parametrize("asked", [Reasoning("none"), Reasoning(mode="disabled"), Reasoning(mode="between_tools")])
def test_a_model_that_is_told_not_to_reason_in_another_word_is_told_so(asked):
    assert fields(BETWEEN, asked) == {"thinking": {"type": "between_tools"}}
    assert fields(ADAPTIVE, asked) == {"thinking": {"type": "disabled"}}


def test_without_reasoning_the_effort_goes_up_to_high():
    assert fields(BETWEEN, Reasoning("max", mode="between_tools"))["output_config"] == {"effort": "high"}


BINDING, UPDATES = "thinking-binding-controls-2026-08-01", "thinking-display-updates-2026-08-18"
DROP = {"prefix_mismatch_behavior": "drop_block"}


def test_what_only_the_newest_models_take_beside_thinking_goes_to_them_with_its_beta():
    asked = Reasoning(mode="adaptive", display="updates", binding=DROP)
    newest = ModelTraits(reasoning="adaptive", betas=frozenset({BINDING, UPDATES}))
    assert fields(newest, asked) == {
        "thinking": {"type": "adaptive", "display": "updates", "block_binding": DROP},
        "anthropic_beta": [BINDING, UPDATES],
    }
    assert fields(ADAPTIVE, asked) == {"thinking": {"type": "adaptive", "display": "summarized"}}


def test_a_model_that_nobody_knows_is_asked_in_the_clients_words():
    asked = Reasoning(budget=2000, mode="enabled", display="omitted", binding=DROP)
    thinking = {"type": "enabled", "budget_tokens": 2000, "display": "omitted", "block_binding": DROP}
    assert fields(ModelTraits(), asked) == {"thinking": thinking}


def test_sonnet_5_5_is_told_in_its_own_word():
    assert fields(traits_of("anthropic.claude-sonnet-5-5"), Reasoning("none"))["thinking"] == {"type": "between_tools"}
