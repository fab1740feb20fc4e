"""A Converse request with everything in it, and what becomes of it with one part replaced by something odd."""

import base64
import copy
from typing import Any

from hypothesis import strategies as st

VALID: dict[str, Any] = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "What is in the picture?"},
                {"image": {"format": "png", "source": {"bytes": base64.b64encode(b"\x89PNG").decode()}}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
            ],
        },
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "t-1", "name": "look", "input": {"deep": [1, None]}}}],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "t-1", "content": [{"json": {"a": 1}}], "status": "success"}}],
        },
    ],
    "system": [{"text": "Be brief."}],
    "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "stopSequences": ["END"]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "look", "description": "looks", "inputSchema": {"json": {"type": "object"}}}}],
        "toolChoice": {"auto": {}},
    },
    "additionalModelRequestFields": {"thinking": {"type": "disabled"}},
    "requestMetadata": {"team": "blue"},
    "performanceConfig": {"latency": "standard"},
    "outputConfig": {"effort": "high"},
}

JUNK = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "é" * 300, [], ["x"], {}, {"x": 1}, {"text": ""}, [{}]])


def places(value: Any, path: tuple = ()) -> list[tuple]:
    if isinstance(value, dict):
        return [path, *(place for key in value for place in places(value[key], (*path, key)))]
    if isinstance(value, list):
        return [path, *(place for at in range(len(value)) for place in places(value[at], (*path, at)))]
    return [path]


def holder(value: Any, path: tuple) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def mutated(draw, original: Any) -> Any:
    """The original with a part replaced, or something added to an object or a list of it."""
    body = copy.deepcopy(original)
    path = draw(st.sampled_from([place for place in places(original) if place]))
    parent = holder(body, path[:-1])
    if draw(st.booleans()):
        parent[path[-1]] = draw(JUNK)
    elif isinstance(parent, dict):
        parent[draw(st.sampled_from(["x", "type", "text", "role"]))] = draw(JUNK)
    else:
        parent.append(draw(JUNK))
    return body
