import orjson
import pytest
from gateway.converse.capsule import seal
from gateway.converse.reasoning import Reasoning
from gateway.dialects.openai_responses.request import CARRIED, REFUSED, read_request
from gateway.errors import InvalidRequest
from unit.gateway.openai_responses.asking import converse, read, refusal


def test_a_plain_request():
    body = converse(
        input="Hello",
        instructions="Be brief.",
        max_output_tokens=50,
        temperature=0.5,
        top_p=0.9,
        stop="END",
        metadata={"team": "a b"},
        service_tier="fast",
    )
    assert body == {
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        "requestMetadata": {"team": "a b"},
        "serviceTier": {"type": "priority"},
    }


def test_without_a_limit_none_is_made_up():
    assert "inferenceConfig" not in converse()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": 3}, "input"),
        ({"model": " "}, "model"),
        ({"model": None}, "model"),
        ({"instructions": ["a"]}, "instructions"),
        ({"stream": "yes"}, "stream"),
        ({"store": "yes"}, "store"),
        ({"max_output_tokens": 0.5}, "max_output_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "schema": 3}}}, "text.format.schema"),
        ({"reasoning": {"effort": "immense"}}, "reasoning.effort"),
        ({"include": [3]}, "include"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"prompt_cache_options": 3}, "prompt_cache_options"),
    ],
)
def test_what_is_malformed_is_refused_with_its_path(members, param):
    assert refusal(**members) == param


@pytest.mark.parametrize("body", [b"", b"[]", b'"a"', b"{"])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(InvalidRequest):
        read_request(body, {}, lambda url, path: ("", ""))


@pytest.mark.parametrize("name", ["background", "conversation", "previous_response_id", "prompt"])
def test_what_needs_stored_state_is_refused_and_says_what_to_do(name):
    with pytest.raises(InvalidRequest, match=r"stores nothing.* Send the whole conversation") as caught:
        read(**{name: "resp_1"})
    assert caught.value.param == name
    assert caught.value.code == ("previous_response_not_found" if name == "previous_response_id" else None)


@pytest.mark.parametrize(
    ("members", "keeps"),
    [
        ({}, False),
        ({"include": ["file_search_call.results"]}, False),
        ({"include": ["reasoning.encrypted_content"]}, True),
    ],
)
def test_a_client_that_asks_for_encrypted_reasoning_keeps_it(members, keeps):
    assert read(**members).keeps_reasoning is keeps


def test_a_client_that_sends_encrypted_reasoning_keeps_it():
    sealed = seal([{"reasoningContent": {"redactedContent": "aGlk"}}])
    assert read({"type": "reasoning", "id": "rs", "encrypted_content": sealed}).keeps_reasoning
    assert not read({"type": "reasoning", "id": "rs", "encrypted_content": "of another server's"}).keeps_reasoning


@pytest.mark.parametrize(("name", "harmless"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_values_that_ask_for_nothing_are_taken(name, harmless):
    assert converse(**{name: harmless}) == converse()


def test_log_probabilities_are_refused():
    assert refusal(top_logprobs=3) == "top_logprobs"


def test_fields_that_nobody_knows_are_ignored_and_named():
    request = read(truncation="auto", prompt_cache_key="k", hologram={"a": 1}, user=None)
    assert request.ignored == ("truncation", "prompt_cache_key", "hologram")


def test_what_is_carried_is_not_also_refused():
    assert not CARRIED & REFUSED.keys()


def test_structured_output_goes_by_the_schema():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    form = {"type": "json_schema", "name": "thing", "description": "A thing.", "schema": schema, "strict": True}
    config = converse(text={"format": form, "verbosity": "low"})["outputConfig"]["textFormat"]
    told = config["structure"]["jsonSchema"]
    assert (config["type"], told["name"], told["description"]) == ("json_schema", "thing", "A thing.")
    assert orjson.loads(told["schema"]) == {**schema, "additionalProperties": False}
    assert "outputConfig" not in converse(text={"format": {"type": "text"}})
    [told] = converse(text={"format": {"type": "json_object"}})["system"]
    assert "JSON" in told["text"]


def test_reasoning_is_read_in_both_forms():
    assert read(reasoning={"effort": "high", "summary": "auto"}).draft.reasoning == Reasoning("high")
    assert read(reasoning={"summary": "auto"}).draft.reasoning == Reasoning()
    thinking = read(thinking={"type": "enabled", "budget_tokens": 2048}).draft.reasoning
    assert (thinking.mode, thinking.budget) == ("enabled", 2048)


def test_a_guardrail_is_named_by_header_or_by_field():
    headers = {"x-amzn-bedrock-guardrailidentifier": "g1", "x-amzn-bedrock-guardrailversion": "2"}
    expected = {"guardrailIdentifier": "g1", "guardrailVersion": "2"}
    assert converse(headers=headers)["guardrailConfig"] == expected
    assert converse(guardrailConfig=expected)["guardrailConfig"] == expected
    assert converse(guardrail_config=expected)["guardrailConfig"] == expected


def test_the_reply_repeats_what_the_sdks_want_to_see_again():
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
    echo = read(
        instructions="I",
        tools=[tool, {"type": "web_search"}],
        tool_choice="required",
        parallel_tool_calls=False,
        store=True,
        metadata={"a": "b"},
        reasoning={"effort": "low"},
    ).echo
    assert (echo["instructions"], echo["tool_choice"], echo["parallel_tool_calls"]) == ("I", "required", False)
    # What was left out is not told as a tool of the reply; nothing is stored, whatever was asked.
    assert (echo["tools"], echo["store"], echo["metadata"]) == ([tool], False, {"a": "b"})
    assert echo["reasoning"] == {"effort": "low", "summary": None}
