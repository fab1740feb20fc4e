"""What is compiled, by the tables of AWS's and Anthropic's pages on structured output."""

import json
from typing import Any

import pytest
from gateway.converse.strict_schemas import StrictSchemas
from gateway.converse.tools import Tool
from hypothesis import given
from hypothesis import strategies as st
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of

type Json = dict[str, Any]

KEYWORDS = (
    *("$ref", "$defs", "allOf", "anyOf", "const", "enum", "format", "items", "minItems", "minimum", "oneOf", "pattern"),
    *("properties", "required", "type", "additionalProperties", "description", "not"),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYWORDS),
            inner | st.sampled_from(["object", "array", "string"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


def within(member: object) -> Json:
    return {"type": "object", "properties": {"a": member}, "required": ["a"]}


def compiled(member: object) -> Any:
    """Return what becomes of a member of an object."""
    schema = StrictSchemas().of_answer(within(member))
    return schema and schema["properties"]["a"]


@pytest.mark.parametrize(
    "member",
    [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": "string", "format": "date-time", "default": "now", "title": "T"},
        {"type": "string", "pattern": "^[a-z]{1,8}$"},
        {"type": "string", "enum": ["a", "b"]},
        {"enum": [1, "a", None]},
        {"const": "a"},
        {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "object", "properties": {}, "additionalProperties": False},
    ],
)
def test_what_a_grammar_holds_stays_as_it_is(member: Json) -> None:
    assert compiled(member) == member


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, {"minimum": 1, "maximum": 9}),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}, {"exclusiveMinimum": 0, "multipleOf": 0.5}),
        ({"type": "string", "minLength": 1, "maxLength": 9}, {"minLength": 1, "maxLength": 9}),
        ({"type": "string", "format": "iban"}, {"format": "iban"}),
        ({"type": "string", "pattern": "(?=a)b"}, {"pattern": "(?=a)b"}),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, {"maxItems": 3}),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, {"minItems": 2}),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, {"uniqueItems": True}),
        ({"type": "string", "not": {"const": "x"}}, {"not": {"const": "x"}}),
    ],
)
def test_what_no_grammar_holds_is_told_in_the_description(member: Json, words: Json) -> None:
    rest = {key: value for key, value in member.items() if key not in words}
    assert compiled(member) == {**rest, "description": json.dumps(words, separators=(",", ":"))}
    described = compiled({**member, "description": "A thing."})["description"]
    assert described == f"A thing.\n\n{json.dumps(words, separators=(',', ':'))}"


def test_members_that_are_called_like_keywords_are_no_keywords() -> None:
    member = {"type": "object", "properties": {"minimum": {"type": "string"}, "not": {"type": "null"}}}
    assert compiled(member) == {**member, "additionalProperties": False}


def test_one_of_becomes_any_of_and_a_single_all_of_its_only_schema() -> None:
    assert compiled({"oneOf": [{"type": "string"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }
    assert compiled({"allOf": [{"type": "string"}], "description": "d"}) == {"type": "string", "description": "d"}


def test_a_type_that_its_values_do_not_have_is_left_out() -> None:
    assert compiled({"type": "string", "enum": ["a", None]}) == {"enum": ["a", None]}


def test_references_are_resolved() -> None:
    schema = {**within({"$ref": "#/$defs/A"}), "$defs": {"A": {"type": "string", "maxLength": 2}}}
    assert StrictSchemas().of_answer(schema) == {
        **within({"type": "string", "description": '{"maxLength":2}'}),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "member",
    [
        {},
        True,
        {"description": "Anything."},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}},
        {"type": "array", "items": [{"type": "string"}]},
        {"enum": [{"a": 1}]},
        {"const": [1]},
        {"$ref": "https://example.com/schema.json"},
        {"allOf": [{"type": "object", "properties": {}}, {"type": "object", "properties": {}}]},
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    ],
)
def test_a_shape_that_cannot_be_compiled_is_not_sent_as_one(member: object) -> None:
    assert compiled(member) is None


def test_a_recursive_schema_is_not_sent_as_one() -> None:
    node = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}
    assert StrictSchemas().of_answer({"$ref": "#/$defs/Node", "$defs": {"Node": node}}) is None


def nullable(count: int) -> Json:
    names = [f"p{number}" for number in range(count)]
    return {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in names}, "required": names}


def optional(count: int) -> Json:
    return {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(count)}}


@pytest.mark.parametrize(("schema", "most"), [(nullable, 16), (optional, 24)])
def test_a_schema_with_more_than_is_compiled_in_one_request_is_not_sent_as_one(schema: Any, most: int) -> None:
    assert StrictSchemas().of_answer(schema(most))
    assert StrictSchemas().of_answer(schema(most + 1)) is None


def strict_ones(tools: list[Tool]) -> list[str]:
    specs = [tool["toolSpec"] for tool in body_of(ModelTraits(), tools=tools)["toolConfig"]["tools"]]
    return [spec["name"] for spec in specs if spec.get("strict")]


def test_tools_are_strict_as_far_as_the_limits_of_one_request_reach() -> None:
    tools = [
        Tool("first", schema=nullable(10), strict=True),
        Tool("too_many_beside_the_first", schema=nullable(7), strict=True),
        Tool("loose", schema=nullable(1)),
        Tool("last", schema=nullable(6), strict=True),
    ]
    assert strict_ones(tools) == ["first", "last"]
    assert len(strict_ones([Tool(f"t{number}", schema=optional(1), strict=True) for number in range(24)])) == 20


def test_a_strict_tool_gets_the_schema_that_can_be_compiled_and_any_other_its_own() -> None:
    schema = within({"type": "integer", "minimum": 1})
    tools = [Tool("strict", schema=schema, strict=True), Tool("loose", schema=schema)]
    [strict, loose] = [tool["toolSpec"] for tool in body_of(ModelTraits(), tools=tools)["toolConfig"]["tools"]]
    assert strict["inputSchema"]["json"]["properties"] == {"a": {"type": "integer", "description": '{"minimum":1}'}}
    assert strict["inputSchema"]["json"]["additionalProperties"] is False
    assert loose["inputSchema"]["json"] == schema


def test_a_tool_without_arguments_can_be_strict_and_one_with_any_cannot() -> None:
    tools = [
        Tool("none", strict=True),
        Tool("any", schema={"type": "object", "additionalProperties": True}, strict=True),
    ]
    assert strict_ones(tools) == ["none"]


@given(ANY_JSON)
def test_nothing_that_a_client_may_send_breaks_the_compiler(schema: Any) -> None:
    StrictSchemas().of_answer(schema if isinstance(schema, dict) else within(schema))
