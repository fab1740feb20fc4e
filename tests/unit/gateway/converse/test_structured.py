import json

import pytest
from gateway.bedrock.grammar import BlockDelta, BlockStart, BlockStop, MessageStart, MessageStop, TextDelta
from gateway.converse.answer import AnswerReader, answer_text
from gateway.converse.draft import Draft, build
from gateway.converse.reasoning import Reasoning
from gateway.converse.structured import OUTPUT_TOOL, OutputFormat
from gateway.converse.tools import Tool, ToolChoice
from sluice.known_traits import traits_of
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of, talk

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "object", "properties": {}}, "b": {"enum": ["c"], "minLength": 1}},
}
NOVA = "amazon.nova-pro-v1:0"
NEVER = ModelTraits(structured_output="never")
OUTPUT = OutputFormat(SCHEMA, name="Thing", description="A thing.")


def test_a_model_that_can_is_given_the_schema_as_text_and_closed():
    [shape] = [body_of(ModelTraits(), output=OUTPUT)["outputConfig"]["textFormat"]]
    described = shape["structure"]["jsonSchema"]
    assert (shape["type"], described["name"], described["description"]) == ("json_schema", "Thing", "A thing.")
    assert json.loads(described["schema"]) == {
        "type": "object",
        "properties": {
            "a": {"type": "object", "properties": {}, "additionalProperties": False},
            "b": {"enum": ["c"], "description": '{"minLength":1}'},
        },
        "additionalProperties": False,
    }


def test_a_schema_that_no_grammar_holds_goes_to_a_tool_instead():
    counts = {
        "type": "object",
        "properties": {"counts": {"type": "object", "additionalProperties": {"type": "integer"}}},
    }
    body = body_of(ModelTraits(), output=OutputFormat(counts))
    assert "outputConfig" not in body
    assert body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] == counts


def test_a_schema_that_no_grammar_holds_is_told_in_words_to_a_model_without_tools():
    free = {"type": "object", "additionalProperties": True}
    body = body_of(ModelTraits(tools=False), output=OutputFormat(free))
    assert not {"toolConfig", "outputConfig"} & set(body)
    assert json.dumps(free, separators=(",", ":")) in body["system"][0]["text"]


def test_a_model_that_cannot_is_made_to_call_a_tool():
    config = body_of(NEVER, output=OUTPUT)["toolConfig"]
    assert config["toolChoice"] == {"tool": {"name": OUTPUT_TOOL}}
    assert config["tools"][0]["toolSpec"]["inputSchema"]["json"] == SCHEMA


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(), {"any": {}}),
        (ToolChoice("any"), {"any": {}}),
        (ToolChoice("tool", "f"), {"tool": {"name": "f"}}),
        (ToolChoice("none"), {"tool": {"name": OUTPUT_TOOL}}),
    ],
)
def test_beside_the_clients_tools_the_model_must_use_one_or_answer(choice, expected):
    assert body_of(NEVER, output=OUTPUT, tools=[Tool("f")], tool_choice=choice)["toolConfig"]["toolChoice"] == expected


def test_a_model_that_may_not_be_forced_is_asked_to_call_it():
    traits = ModelTraits(structured_output="never", reasoning="adaptive")
    body = body_of(traits, output=OUTPUT, reasoning=Reasoning("high"))
    assert "toolChoice" not in body["toolConfig"]
    assert OUTPUT_TOOL in body["system"][0]["text"]


@pytest.mark.parametrize(("asked", "native"), [(Reasoning("high"), True), (Reasoning(), False)])
def test_some_models_can_only_while_they_reason(asked, native):
    traits = ModelTraits(structured_output="reasoning", reasoning="adaptive")
    assert ("outputConfig" in body_of(traits, output=OUTPUT, reasoning=asked)) is native


def test_any_json_object_is_asked_for_in_words_and_never_through_a_tool():
    for traits in (ModelTraits(), NEVER):
        body = body_of(traits, ("system", "Be kind."), ("user", "a"), output=OutputFormat())
        assert "JSON" in body["system"][1]["text"]
        assert not {"toolConfig", "outputConfig"} & set(body)


def test_a_built_request_says_how_its_answer_is_to_be_read():
    draft = Draft(conversation=talk(("user", "a")), output=OUTPUT)
    assert build(draft, ModelTraits()).output_tool == ""
    assert build(draft, NEVER).output_tool == OUTPUT_TOOL


def read(reader, *events):
    return [seen for event in events for seen in reader.read([event])]


def answer(*pieces, tool=OUTPUT_TOOL):
    return [
        BlockStart(1, "toolUse", {"name": tool, "toolUseId": "t"}),
        *(BlockDelta(1, "toolUse", {"input": piece}) for piece in pieces),
        BlockStop(1, "toolUse"),
    ]


def told(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


STOP = MessageStop("tool_use", None)
PREFACE = [BlockStart(0, "text", {}), TextDelta(0, "I will."), BlockStop(0, "text")]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (['{"a"', ":1}"], '{"a":1}'),
        ([], "{}"),
        (['{"prop', 'erties"', ':{"a":1}}'], '{"a":1}'),
        (['{"properties":{"a":1},"b":2}'], '{"properties":{"a":1},"b":2}'),
        (['{ "prop', '": 1}'], '{ "prop": 1}'),
        (['{"properties":{"a"'], '{"properties":{"a"'),
    ],
)
def test_an_answer_that_came_as_a_tools_input_is_text(pieces, expected):
    events = read(AnswerReader(OUTPUT_TOOL), MessageStart(), *PREFACE, *answer(*pieces), STOP)
    assert told(events) == expected
    assert [type(event) for event in events[:2]] == [MessageStart, BlockStart]
    assert events[-1] == MessageStop("end_turn", None)


def test_an_answer_streams_as_soon_as_it_cannot_be_wrapped():
    reader = AnswerReader(OUTPUT_TOOL)
    start, *deltas, _ = answer('{"a', '":"x', 'y"}')
    reader.read([start])
    assert [told(reader.read([delta])) for delta in deltas] == ['{"a', '":"x', 'y"}']


def test_a_schema_with_a_member_called_properties_is_not_unwrapped():
    reader = AnswerReader(OUTPUT_TOOL, unwraps=False)
    assert told(read(reader, *answer('{"properties":{"a":1}}'))) == '{"properties":{"a":1}}'
    assert answer_text({"properties": {"a": 1}}, unwraps=False) == '{"properties":{"a":1}}'
    assert answer_text({"properties": {"a": 1}}) == '{"a":1}'


def test_text_is_told_after_all_where_the_model_answered_with_nothing_else():
    events = read(AnswerReader(OUTPUT_TOOL), MessageStart(), *PREFACE, MessageStop("end_turn", None))
    assert events == [MessageStart(), *PREFACE, MessageStop("end_turn", None)]


def test_other_tools_are_uses_of_tools_with_the_text_before_them():
    use = answer("{}", tool="f")
    assert read(AnswerReader(OUTPUT_TOOL), *PREFACE, *use, STOP) == [*PREFACE, *use, STOP]


def test_a_model_without_tools_is_asked_in_words():
    body = body_of(ModelTraits(structured_output="never", tools=False), output=OUTPUT)
    [told] = body["system"]
    assert json.dumps(SCHEMA, separators=(",", ":")) in told["text"]
    assert not {"toolConfig", "outputConfig"} & body.keys()


def test_models_without_tools_are_known_and_the_others_have_the_tool():
    for model, has_tools in (("deepseek.r1-v1:0", False), ("mistral.mistral-7b-instruct-v0:2", False), (NOVA, True)):
        body = body_of(traits_of(model), output=OUTPUT)
        assert ("toolConfig" in body) is has_tools
        assert (json.dumps("inputSchema") in json.dumps(body)) is has_tools
