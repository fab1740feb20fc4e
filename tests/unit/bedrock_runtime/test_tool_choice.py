from typing import Any

import pytest
from sluice_local.bedrock_runtime.answering.tool_choice import wanted_calls

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
NOTHING = {"type": "object", "properties": {}}
# The names that coding agents offer on every turn, and two of a weather demo.
SCHEMAS = {"get_weather": CITY, "getTime": NOTHING, "read": PATH, "write": PATH, "exec": NOTHING, "web_search": NOTHING}


def tools(choice: dict[str, Any] | None = None) -> dict[str, Any]:
    specs = [{"toolSpec": {"name": name, "inputSchema": {"json": schema}}} for name, schema in SCHEMAS.items()]
    return {"toolConfig": {"tools": specs, **({"toolChoice": choice} if choice else {})}}


def called(question: str, choice: dict[str, Any] | None = None, *, answered: bool = False) -> list[str]:
    return [name for name, _ in wanted_calls(tools(choice), question, answered=answered)]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the weather in Paris?", ["get_weather"]),
        ("Use the read tool on README.md", ["read"]),
        ("Please call `exec` now", ["exec"]),
        ("use web_search and get_weather", ["get_weather", "web_search"]),
        ("What time is it?", ["getTime"]),
        ("Search the web for news", ["web_search"]),
    ],
)
def test_a_tool_is_called_where_the_question_asks_for_it(question, names):
    assert called(question) == names


@pytest.mark.parametrize("question", ["Hello", "Write a haiku about rain", "I read a lot", "Why is the sky blue?", ""])
def test_no_tool_is_called_where_none_is_asked_for(question):
    assert called(question) == []


def test_no_tool_is_called_where_none_is_offered():
    assert wanted_calls({}, "What is the weather in Paris?", answered=False) == []


def test_tool_results_are_answered_and_not_asked_for_again():
    assert called("What is the weather in Paris?", answered=True) == []
    assert called("What is the weather in Paris?", {"auto": {}}, answered=True) == []


def test_a_forced_tool_is_called_whatever_is_asked():
    assert called("Hello", {"tool": {"name": "read"}}) == ["read"]
    assert called("Hello", {"any": {}}) == ["get_weather"]
    assert called("What time is it?", {"any": {}}) == ["getTime"]
    assert called("Hello", {"tool": {"name": "read"}}, answered=True) == ["read"]


def test_several_places_are_several_calls():
    calls = wanted_calls(tools(), "What is the weather in Paris and in New York?", answered=False)
    assert calls == [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "New York"})]


def test_there_are_never_more_than_four_calls():
    question = "weather in Rome and Oslo and Lima and Bonn and Cork and Graz"
    assert len(wanted_calls(tools(), question, answered=False)) == 4


def test_a_path_is_taken_from_the_question():
    assert wanted_calls(tools(), "Use the read tool on src/main.py please", answered=False) == [
        ("read", {"path": "src/main.py"})
    ]
