import pytest
from gateway.converse.content import text_block
from gateway.converse.conversation import tool_result, tool_use
from gateway.converse.draft import Draft, build
from gateway.converse.tools import Tool, ToolChoice, ToolNames, tool_use_id
from gateway.errors import InvalidRequest
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import WEATHER_SCHEMA, body_of, talk

F, G = Tool("f", "Does f.", WEATHER_SCHEMA), Tool("g")
HISTORY = [
    ("user", "a"),
    ("assistant", [tool_use("1", "f", {"city": "Paris"})]),
    ("user", [tool_result("1", [text_block("21 °C")])]),
]


def spec(tool, traits=None):
    [first] = body_of(traits or ModelTraits(), tools=[tool])["toolConfig"]["tools"]
    return first["toolSpec"]


def schema(given, traits=None):
    return spec(Tool("f", schema=given), traits)["inputSchema"]["json"]


def test_names_that_bedrock_takes_stay_and_others_come_back_as_they_were():
    names = ToolNames(ModelTraits())
    for name in ("get_weather", "a-b", "mcp.server/tool", "a.b", "a/b", "x" * 70, "x" * 71, "ü", ""):
        assert names.client(names.upstream(name)) == name
        assert len(names.upstream(name)) <= 64
    assert names.upstream("get_weather") == "get_weather"
    assert names.upstream("mcp.server/tool") == "mcp_server_tool"
    assert len({names.upstream(name) for name in ("a.b", "a/b", "a_b")}) == 3


def test_a_model_that_breaks_on_hyphens_in_names_is_told_none():
    names = ToolNames(ModelTraits(tool_name_hyphens=False))
    assert (names.upstream("a-b"), names.client("a_b")) == ("a_b", "a-b")


def test_a_name_that_the_model_made_up_is_told_as_it_is():
    assert ToolNames(ModelTraits()).client("invented") == "invented"


@pytest.mark.parametrize("given", ["call|1", "x" * 65, "é", "a b"])
def test_ids_that_bedrock_refuses_become_others_always_the_same(given):
    made = tool_use_id(given)
    assert made == tool_use_id(given)
    assert len(made) <= 64
    assert made.isascii()
    assert made != tool_use_id(given + "!")


def test_ids_that_bedrock_takes_stay():
    assert tool_use_id("toolu_bdrk_01:a.b-c") == "toolu_bdrk_01:a.b-c"


def test_uses_and_results_still_meet_after_their_ids_changed():
    turns = [
        ("user", "a"),
        ("assistant", [tool_use("call|1", "a.b", {})]),
        ("user", [tool_result("call|1", [text_block("x")])]),
    ]
    [_, use, result] = body_of(ModelTraits(), *turns, tools=[Tool("a.b")])["messages"]
    assert use["content"][0]["toolUse"]["toolUseId"] == result["content"][0]["toolResult"]["toolUseId"]
    assert use["content"][0]["toolUse"]["name"] == "a_b"


def test_a_tool_without_a_description_is_described_by_its_name():
    assert spec(G)["description"] == "g"


def test_a_tool_without_a_schema_takes_an_empty_object():
    assert schema(None) == {"type": "object", "properties": {}}


def test_definitions_are_put_where_they_are_referred_to():
    given = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A", "description": "An a."}},
        "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/B"}}, "B": {"type": "string"}},
    }
    assert schema(given) == {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}, "description": "An a."}},
    }


def test_a_recursive_schema_is_left_as_it_is():
    given = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}},
    }
    assert schema(given) == given


def test_a_schema_that_would_explode_is_left_as_it_is():
    definitions = {"D0": {"type": "string"}}
    for level in range(1, 20):
        members = {name: {"$ref": f"#/$defs/D{level - 1}"} for name in "ab"}
        definitions[f"D{level}"] = {"type": "object", "properties": members}
    given = {"type": "object", "properties": {"x": {"$ref": "#/$defs/D19"}}, "$defs": definitions}
    assert schema(given) == given


def test_a_schema_of_something_else_than_an_object_is_refused():
    with pytest.raises(InvalidRequest) as caught:
        schema({"type": "array"})
    assert caught.value.param == "tools"


def test_patterns_that_look_around_are_left_out_where_they_cannot_be_compiled():
    given = {"type": "object", "properties": {"pattern": {"type": "string", "pattern": "^(?!x).*"}}}
    assert schema(given) == given
    assert schema(given, ModelTraits(regex_lookaround=False))["properties"] == {"pattern": {"type": "string"}}


TEXT, NUMBER = {"type": "string"}, {"type": "number"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {
                "type": "object",
                "description": "A task.",
                "properties": {"pid": NUMBER, "profile": TEXT},
                "anyOf": [{"required": ["pid"]}, {"required": ["profile"]}],
            },
            {
                "type": "object",
                "description": 'A task.\n\n{"anyOf":[{"required":["pid"]},{"required":["profile"]}]}',
                "properties": {"pid": NUMBER, "profile": TEXT},
            },
        ),
        (
            {
                "oneOf": [
                    {"type": "object", "properties": {"kind": {"const": "a"}, "a": TEXT}, "required": ["kind", "a"]},
                    {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]},
                    {"type": "object", "properties": {"kind": {"const": "c"}}, "required": ["kind"]},
                ]
            },
            {
                "type": "object",
                "description": '{"oneOf":[{"required":["a","kind"]},{"required":["kind"]},{"required":["kind"]}]}',
                "properties": {"kind": {"anyOf": [{"const": "a"}, {"const": "b"}, {"const": "c"}]}, "a": TEXT},
                "required": ["kind"],
            },
        ),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
                    {"type": "object", "properties": {"a": TEXT, "b": NUMBER}, "required": ["b"]},
                ]
            },
            {"type": "object", "properties": {"a": TEXT, "b": NUMBER}, "required": ["a", "b"]},
        ),
        ({"anyOf": []}, {"type": "object", "properties": {}}),
        (
            {"anyOf": [True], "required": [{}]},
            {"type": "object", "properties": {}, "description": '{"anyOf":[{"required":[]}]}'},
        ),
    ],
    ids=["required", "discriminated", "all of", "none", "odd"],
)
def test_a_schema_that_is_a_union_becomes_an_object_for_models_that_take_no_other(given, expected):
    told = schema(given, ModelTraits(root_unions=False))
    assert told == expected
    assert schema(given) == {"properties": {}, **given, "type": "object"}


def test_a_recursive_union_has_the_members_of_what_it_refers_to():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}
    told = schema({"anyOf": [{"$ref": "#/$defs/Node"}], "$defs": {"Node": node}}, ModelTraits(root_unions=False))
    assert (told["properties"], told["required"], told["$defs"]) == (node["properties"], ["next"], {"Node": node})


@pytest.mark.parametrize("takes", [True, False])
def test_strict_goes_only_where_it_is_taken(takes):
    assert ("strict" in spec(Tool("f", strict=True), ModelTraits(strict_tools=takes))) is takes


def test_a_tool_offered_twice_counts_once_the_last():
    config = body_of(ModelTraits(), tools=[Tool("f", "old"), G, Tool("f", "new")])["toolConfig"]
    assert [tool["toolSpec"]["description"] for tool in config["tools"]] == ["new", "g"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(), None),
        (ToolChoice("any"), {"any": {}}),
        (ToolChoice("tool", "g"), {"tool": {"name": "g"}}),
    ],
)
def test_a_choice_becomes_bedrocks(choice, expected):
    assert body_of(ModelTraits(), tools=[F, G], tool_choice=choice)["toolConfig"].get("toolChoice") == expected


def test_the_choice_of_none_offers_no_tools():
    assert "toolConfig" not in body_of(ModelTraits(), tools=[F], tool_choice=ToolChoice("none"))


def test_a_model_that_cannot_be_made_to_use_one_tool_is_offered_that_one_only():
    traits = ModelTraits(tool_choices=frozenset({"auto", "any"}))
    config = body_of(traits, tools=[F, G], tool_choice=ToolChoice("tool", "g"))["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["g"]
    assert config["toolChoice"] == {"any": {}}


@pytest.mark.parametrize("choice", [ToolChoice("any"), ToolChoice("tool", "f")])
def test_a_model_that_may_not_be_forced_is_left_to_choose(choice):
    never = ModelTraits(tool_choices=frozenset({"auto"}))
    thinking = ModelTraits(reasoning="adaptive", always_reasons=True)
    for traits in (never, thinking):
        assert "toolChoice" not in body_of(traits, tools=[F], tool_choice=choice)["toolConfig"]


def test_a_history_of_tools_is_told_in_words_where_none_are_offered():
    body = body_of(ModelTraits(), *HISTORY)
    assert "toolConfig" not in body
    told = [block["text"] for message in body["messages"] for block in message["content"]]
    assert any("Paris" in text for text in told)
    assert "21 °C" in told
    with_tools = body_of(ModelTraits(), *HISTORY, tools=[F])
    assert "toolUse" in with_tools["messages"][1]["content"][0]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("any"), {"disable_parallel_tool_use": True}),
    ],
)
def test_parallel_tool_use_is_switched_off_where_the_model_has_a_switch(choice, expected):
    body = body_of(ModelTraits(parallel_switch=True), tools=[F], tool_choice=choice, parallel_tools=False)
    assert body["additionalModelRequestFields"]["tool_choice"] == expected


def test_parallel_tool_calls_without_tools_asks_for_nothing():
    traits = ModelTraits(parallel_switch=True)
    assert "additionalModelRequestFields" not in body_of(traits, parallel_tools=False)
    assert "additionalModelRequestFields" not in body_of(ModelTraits(), tools=[F], parallel_tools=False)


def test_a_draft_can_be_built_for_several_models():
    draft = Draft(conversation=talk(*HISTORY), tools=[Tool("a-b")])
    first = build(draft, ModelTraits()).body
    build(draft, ModelTraits(tool_name_hyphens=False, cache_minimum=1))
    assert build(draft, ModelTraits()).body == first
