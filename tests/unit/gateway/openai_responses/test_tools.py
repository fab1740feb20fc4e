import pytest
from gateway.dialects.openai_responses.tools import ClientTool
from unit.gateway.openai_responses.asking import CUSTOM, FUNCTION, NAMESPACE, converse, read, refusal

WEB = {"type": "web_search"}


def specs(**members):
    return [tool["toolSpec"] for tool in converse(**members)["toolConfig"]["tools"] if "toolSpec" in tool]


def choice(given, *tools):
    return converse(tools=list(tools), tool_choice=given).get("toolConfig", {}).get("toolChoice")


def test_a_function():
    strict = {**FUNCTION, "description": "D", "strict": True}
    [spec] = specs(tools=[strict])
    schema = {"json": {"type": "object", "properties": {}, "additionalProperties": False}}
    assert spec == {"name": "f", "description": "D", "inputSchema": schema, "strict": True}


def test_a_custom_tool_is_a_function_with_one_string_and_its_grammar_in_the_description():
    form = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
    for given in (form, {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /.+/"}}):
        [spec] = specs(tools=[{**CUSTOM, "format": given}])
        assert spec["description"] == "Patches.\n\nThe input must follow this lark grammar:\nstart: /.+/"
        assert list(spec["inputSchema"]["json"]["properties"]) == ["input"]
        assert spec["inputSchema"]["json"]["required"] == ["input"]


def test_the_tools_of_a_namespace_are_offered_under_joined_names_that_bedrock_takes():
    request = read(tools=[NAMESPACE, FUNCTION])
    assert request.tools == {
        "mcp.search": ClientTool("search", "mcp"),
        "f": ClientTool("f"),
    }
    assert [spec["name"] for spec in specs(tools=[NAMESPACE, FUNCTION])] == ["mcp_search", "f"]
    assert specs(tools=[NAMESPACE])[0]["description"] == "Docs."


def test_tools_that_only_openai_has_are_left_out_and_counted():
    inside = {**NAMESPACE, "tools": [*NAMESPACE["tools"], {"type": "file_search"}]}
    request = read(tools=[WEB, {"type": "mcp", "server_label": "s"}, inside, {"no": "type"}])
    assert request.left_out_tools == 4
    assert list(request.tools) == ["mcp.search"]


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ("x", "tools[0]"),
        ({"type": "function"}, "tools[0].name"),
        ({**FUNCTION, "parameters": 3}, "tools[0].parameters"),
        ({**FUNCTION, "strict": "yes"}, "tools[0].strict"),
        ({"type": "namespace", "tools": []}, "tools[0].name"),
        ({**NAMESPACE, "tools": [{"type": "function"}]}, "tools[0].tools[0].name"),
        ({**CUSTOM, "format": {"type": "grammar"}}, "tools[0].format.syntax"),
    ],
)
def test_what_is_malformed_is_refused_with_its_path(tool, param):
    assert refusal(tools=[tool]) == param


def test_tools_that_come_with_an_item_are_offered_too():
    item = {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]}
    assert [spec["name"] for spec in specs(input=[item, {"role": "user", "content": "a"}])] == ["f"]


def test_every_tool_choice():
    other = {**FUNCTION, "name": "g"}
    assert choice("auto", FUNCTION) is None
    assert choice("required", FUNCTION) == {"any": {}}
    assert choice({"type": "function", "name": "f"}, FUNCTION, other) == {"tool": {"name": "f"}}
    assert choice({"type": "custom", "name": "patch"}, CUSTOM) == {"tool": {"name": "patch"}}
    assert choice({"type": "function", "name": "search", "namespace": "mcp"}, NAMESPACE) == {
        "tool": {"name": "mcp_search"}
    }
    assert choice({"type": "function", "name": "search"}, NAMESPACE) == {"tool": {"name": "mcp_search"}}
    assert "toolConfig" not in converse(tools=[FUNCTION], tool_choice="none")


def test_allowed_tools_narrow_the_tools():
    other = {**FUNCTION, "name": "g"}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]}
    config = converse(tools=[FUNCTION, other, NAMESPACE], tool_choice=allowed)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["g"]
    assert config["toolChoice"] == {"any": {}}
    allowed = {"type": "allowed_tools", "tools": [{"type": "namespace", "name": "mcp"}, WEB]}
    assert [spec["name"] for spec in specs(tools=[FUNCTION, NAMESPACE], tool_choice=allowed)] == ["mcp_search"]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (3, "tool_choice"),
        ("never", "tool_choice"),
        ({"type": "hologram"}, "tool_choice.type"),
        ({"type": "function", "name": "nobody"}, "tool_choice.name"),
        ({"type": "allowed_tools"}, "tool_choice.tools"),
        ({"type": "allowed_tools", "tools": [{"type": "function", "name": "x"}]}, "tool_choice.tools[0].name"),
        ({"type": "allowed_tools", "tools": [], "mode": "x"}, "tool_choice.mode"),
    ],
)
def test_a_choice_of_what_is_not_there_is_refused_with_its_path(given, param):
    assert refusal(tools=[FUNCTION], tool_choice=given) == param


def test_to_be_made_to_use_a_tool_that_was_left_out_is_refused():
    assert refusal(tools=[WEB], tool_choice="required") == "tool_choice"
