"""JSON schemas of objects as clients' libraries make them, with all that grammars hold and do not hold."""

from typing import Any

from hypothesis import strategies as st

type Json = dict[str, Any]

LEAVES = st.sampled_from(
    [
        {},
        {"type": "string"},
        {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^(?!x)"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "binary"},
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["a", None]},
        {"enum": ["a", 1, {"b": 2}]},
        {"const": "a"},
        {"type": "integer", "minimum": 0, "maximum": 9, "default": 3},
        {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"$ref": "#/$defs/Node"},
        {"$ref": "#/$defs/Word"},
        {"allOf": [{"$ref": "#/$defs/Word"}], "description": "A word."},
    ]
)
DEFINITIONS: Json = {
    "Word": {"type": "string", "maxLength": 9},
    "Node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}},
}


def objects(members: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Return objects with some of their members required."""
    return st.builds(
        lambda properties, required, more: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name in required],
            **more,
        },
        st.dictionaries(st.sampled_from("abcd"), members, max_size=4),
        st.sets(st.sampled_from("abcd")),
        st.sampled_from(
            [
                {},
                {"additionalProperties": False},
                {"additionalProperties": True},
                {"maxProperties": 3},
                {"anyOf": [{"required": ["a"]}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}]},
            ]
        ),
    )


SIZES = st.sampled_from([{}, {"minItems": 1}, {"minItems": 2, "maxItems": 3}])


def containers(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Return objects, arrays and unions of these."""
    return st.one_of(
        objects(inner),
        st.builds(lambda items, size: {"type": "array", "items": items, **size}, inner, SIZES),
        st.builds(
            lambda kind, variants: {kind: variants},
            st.sampled_from(["anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    )


# The schema of an object, complete with what it refers to.
SCHEMAS = objects(st.recursive(LEAVES, containers, max_leaves=8)).map(
    lambda schema: {**schema, "$defs": DEFINITIONS},
)
