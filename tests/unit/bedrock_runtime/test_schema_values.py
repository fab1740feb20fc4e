import jsonschema
import pytest
from sluice_local.bedrock_runtime.answering.schema_values import arguments_for, document_for
from sluice_local.bedrock_runtime.errors import ServiceError


def of(question: str, required=True, **properties) -> dict:
    schema = {"type": "object", "properties": properties, "required": list(properties) if required else []}
    return arguments_for(schema, question)


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("name", "schema", "question", "value"),
    [
        ("city", TEXT, "weather in San Francisco, please", "San Francisco"),
        ("path", TEXT, "read ./src/app.py now", "./src/app.py"),
        ("path", TEXT, "open README.md", "README.md"),
        ("url", TEXT, "fetch https://example.com/a?b=1.", "https://example.com/a?b=1"),
        ("date", TEXT, "on 2026-05-01", "2026-05-01"),
        ("expression", TEXT, "calculate 3 * (4 + 5)", "3 * (4 + 5)"),
        ("name", TEXT, 'look up "Ada Lovelace"', "Ada Lovelace"),
        ("query", TEXT, "what is new", "what is new"),
        ("count", {"type": "integer"}, "give me 7 of them", 7),
        ("ratio", {"type": "number", "maximum": 1}, "half of 20", 1),
        ("unit", {"enum": ["celsius", "fahrenheit"]}, "in Fahrenheit", "fahrenheit"),
        ("unit", {"enum": ["celsius", "fahrenheit"]}, "how warm", "celsius"),
        ("kind", {"const": "x"}, "", "x"),
        ("deep", {"type": "boolean", "default": False}, "", False),
        ("when", {"type": "string", "format": "date-time"}, "", "2026-01-31T12:00:00Z"),
        ("thing", {"type": "string", "default": "tea"}, "", "tea"),
    ],
)
def test_a_value_comes_from_the_question_where_it_has_one(name, schema, question, value):
    assert of(question, **{name: schema}) == {name: value}


def test_an_optional_argument_is_left_out_unless_the_question_names_its_value():
    unit = {"enum": ["celsius", "fahrenheit"]}
    assert of("how warm", required=False, unit=unit) == {}
    assert of("how warm in celsius", required=False, unit=unit) == {"unit": "celsius"}


SCHEMAS = [
    {"type": "object"},
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 5},
            "age": {"type": "integer", "minimum": 18, "maximum": 30},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
            "address": {"$ref": "#/$defs/address"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "either": {"type": ["string", "null"]},
            "email": {"type": "string", "format": "email"},
        },
        "required": ["name", "age", "tags", "address"],
        "additionalProperties": False,
        "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    },
    {"type": "object", "properties": {"level": {"type": "integer", "enum": [1, 2]}, "on": {"type": "boolean"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("question", ["", "I am 99 in Berlin, level 2", "Tell me about 'a very long quotation'"])
def test_a_document_fits_its_schema(schema, question):
    jsonschema.validate(document_for(schema, question), schema)
    jsonschema.validate(arguments_for(schema, question), schema)


@pytest.mark.parametrize(
    "schema", [{"properties": 5}, {"properties": {"a": {"minimum": 1, "type": "integer", "maximum": "x"}}}]
)
def test_what_is_no_schema_is_refused(schema):
    with pytest.raises(ServiceError, match="JSON schema is invalid"):
        document_for(schema, "")


def test_a_schema_that_never_ends_is_left_at_some_depth():
    schema = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
    schema["$defs"] = {"node": dict(schema)}
    assert document_for(schema, "")["next"]["next"]
