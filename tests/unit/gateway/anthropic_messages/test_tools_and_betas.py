import pytest
from gateway.dialects.anthropic_messages.tools import read_tools
from gateway.errors import InvalidRequest
from sluice.known_traits import traits_of
from unit.gateway.anthropic_messages.asking import (
    NOVA,
    OPUS_4_6,
    OPUS_4_7,
    SONNET_4_5,
    TOOL,
    converse,
    fields,
    read,
    refusal,
    text,
    user,
)

BASH = {"type": "bash_20250124", "name": "bash"}
MEMORY = {"type": "memory_20250818", "name": "memory"}
WEB_SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CLEAR_THINKING = {"type": "clear_thinking_20251015", "keep": "all"}
CLEAR_TOOL_USES = {"type": "clear_tool_uses_20250919"}
CONTEXT_MANAGEMENT = "context-management-2025-06-27"
# As Claude Code sends them.
CLAUDE_CODES_BETAS = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,"
    "context-management-2025-06-27,prompt-caching-scope-2026-01-05"
)


def extras(model, **members):
    return read(**members).for_model(traits_of(model))[1]


def test_a_tool_is_offered_with_all_that_bedrock_has_a_place_for():
    tool = {
        **TOOL,
        "type": "custom",
        "description": "Does.",
        "strict": True,
        "eager_input_streaming": True,
        "defer_loading": True,
        "input_examples": [{"a": 1}],
    }
    assert converse(tools=[tool], model=SONNET_4_5)["toolConfig"]["tools"] == [
        {
            "toolSpec": {
                "name": "f",
                "description": "Does.",
                "inputSchema": {"json": {**TOOL["input_schema"], "additionalProperties": False}},
                "strict": True,
            }
        }
    ]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"type": "auto"}, None),
        ({"type": "any"}, {"any": {}}),
        ({"type": "tool", "name": "f"}, {"tool": {"name": "f"}}),
    ],
)
def test_a_choice_of_tools(choice, sent):
    assert converse(tools=[TOOL], tool_choice=choice)["toolConfig"].get("toolChoice") == sent


def test_no_tools_are_offered_where_none_may_be_used():
    assert "toolConfig" not in converse(tools=[TOOL], tool_choice={"type": "none"})


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"type": "auto"}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "any"}, {"disable_parallel_tool_use": True}),
    ],
)
def test_the_use_of_several_tools_at_once_is_switched_off(choice, sent):
    choice = {**choice, "disable_parallel_tool_use": True}
    assert fields(tools=[TOOL], tool_choice=choice, model=SONNET_4_5) == {"tool_choice": sent}
    assert fields(tools=[TOOL], tool_choice=choice, model=NOVA) == {}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"tools": [{**TOOL, "type": 3}]}, "tools[0].type"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "g"}}, "tool_choice.name"),
        ({"tools": [TOOL], "tool_choice": {"type": "some"}}, "tool_choice.type"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "any", "disable_parallel_tool_use": 1}},
            "tool_choice.disable_parallel_tool_use",
        ),
    ],
)
def test_tools_that_are_malformed_are_refused_with_their_path(members, param):
    assert refusal(**members) == param


def test_tools_that_anthropic_defined_go_to_the_models_that_know_them():
    assert fields(tools=[TOOL, BASH], model=SONNET_4_5)["tools"] == [BASH]
    assert fields(tools=[BASH, MEMORY, WEB_SEARCH], model=OPUS_4_6)["tools"] == [BASH, MEMORY]
    assert "tools" not in fields(tools=[TOOL, BASH], model=NOVA)


def test_tools_that_cannot_be_offered_are_left_out_and_counted():
    programmatic = {**TOOL, "name": "g", "allowed_callers": ["code_execution_20260120"]}
    request = read(tools=[TOOL, programmatic, BASH, WEB_SEARCH, {"type": "novelty_2030", "name": "n"}])
    assert [tool.name for tool in request.draft.tools] == ["f"]
    assert request.left_out_tools == 1
    assert request.for_model(traits_of(SONNET_4_5))[1].unknown_tools == ("web_search", "n")
    assert request.for_model(traits_of(NOVA))[1].unknown_tools == ("bash", "web_search", "n")


def test_a_history_of_tools_is_told_in_words_where_none_are_offered():
    use = {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "a b"}
    body = converse(user(text("x")), {"role": "assistant", "content": [use]}, user(result))
    assert "toolUse" not in str(body)
    assert "a b" in str(body)


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        (SONNET_4_5, ["interleaved-thinking-2025-05-14", CONTEXT_MANAGEMENT]),
        (OPUS_4_7, [CONTEXT_MANAGEMENT]),
        (NOVA, None),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", None),
    ],
)
def test_only_the_betas_that_the_model_takes_go_on_and_the_others_are_named(model, taken):
    headers = {"anthropic-beta": CLAUDE_CODES_BETAS}
    assert fields(headers=headers, model=model).get("anthropic_beta") == taken
    assert [*(taken or []), *extras(model, headers=headers).dropped_betas].sort() == CLAUDE_CODES_BETAS.split(
        ","
    ).sort()


def test_betas_come_by_header_and_body_and_each_goes_on_once():
    members = {"headers": {"anthropic-beta": f" {CONTEXT_MANAGEMENT} ,"}, "anthropic_beta": [CONTEXT_MANAGEMENT]}
    assert fields(model=SONNET_4_5, **members) == {"anthropic_beta": [CONTEXT_MANAGEMENT]}


def test_nothing_is_said_of_betas_where_there_are_none():
    assert fields(headers={"anthropic-beta": ""}, model=SONNET_4_5) == {}


def test_context_management_goes_on_with_its_beta_where_the_model_has_it():
    managed = {"context_management": {"edits": [CLEAR_TOOL_USES]}}
    assert fields(model=SONNET_4_5, **managed) == {**managed, "anthropic_beta": [CONTEXT_MANAGEMENT]}
    assert converse(model=SONNET_4_5, **managed)["additionalModelResponseFieldPaths"] == ["/context_management"]
    assert fields(model=NOVA, **managed) == {}


def test_thinking_is_cleared_only_where_there_is_thinking():
    managed = {"context_management": {"edits": [CLEAR_THINKING, CLEAR_TOOL_USES]}}
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 8000}
    assert fields(model=SONNET_4_5, **managed, **thinking)["context_management"] == managed["context_management"]
    assert fields(model=SONNET_4_5, **managed)["context_management"] == {"edits": [CLEAR_TOOL_USES]}


@pytest.mark.parametrize("edits", [None, "all", [], [None], [{"type": "compact_20260112"}], [{"type": 7}]])
def test_edits_whose_effect_cannot_be_carried_do_not_go_on(edits):
    assert fields(model=SONNET_4_5, context_management={"edits": edits}) == {}


def change(kind, tool):
    return {"role": "system", "content": [{"type": kind, "tool": tool}]}


def reference(name):
    return {"type": "tool_reference", "name": name}


G = {**TOOL, "name": "g"}
DEFINITION = {"type": "tool_definition", "definition": G}


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ([("tool_addition", DEFINITION)], ["f", "g"]),
        ([("tool_removal", reference("f")), ("tool_addition", DEFINITION)], ["g"]),
        ([("tool_addition", DEFINITION), ("tool_removal", reference("g"))], ["f"]),
        ([("tool_removal", reference("f")), ("tool_addition", reference("f"))], ["f"]),
    ],
)
def test_what_the_conversation_adds_and_takes_away_is_what_is_offered_in_the_end(changes, offered):
    body = converse(user(text("a")), *(change(*one) for one in changes), tools=[TOOL])
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == offered
    assert [message["role"] for message in body["messages"]] == ["user"]


def test_a_tool_that_the_conversation_adds_can_be_chosen():
    added = change("tool_addition", DEFINITION)
    body = converse(user(text("a")), added, tool_choice={"type": "tool", "name": "g"})
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "g"}}


def test_a_change_that_cannot_be_carried_is_refused_with_its_path():
    toolset = {"type": "mcp_toolset_reference", "server_name": "s"}
    assert refusal(user(text("a")), change("tool_addition", toolset)) == "messages[1].content[0].tool.type"
    nameless = {"type": "tool_definition", "definition": {"input_schema": {}}}
    where = "messages[1].content[0].tool.definition.name"
    assert refusal(user(text("a")), change("tool_addition", nameless)) == where
    assert refusal({"role": "user", "content": [{"type": "tool_addition"}]}) == "messages[0].content[0].type"


@pytest.mark.parametrize(
    ("tools", "choice", "sent", "beside"),
    [
        ([BASH], {"type": "any"}, {"type": "any"}, None),
        ([BASH], {"type": "tool", "name": "bash"}, {"type": "tool", "name": "bash"}, None),
        ([TOOL, BASH], {"type": "tool", "name": "bash"}, {"type": "tool", "name": "bash"}, None),
        ([TOOL, BASH], {"type": "any"}, None, {"any": {}}),
        ([TOOL, BASH], {"type": "tool", "name": "f"}, None, {"tool": {"name": "f"}}),
        ([BASH], {"type": "auto"}, None, None),
        (
            [BASH],
            {"type": "any", "disable_parallel_tool_use": True},
            {"type": "any", "disable_parallel_tool_use": True},
            None,
        ),
        (
            [BASH],
            {"type": "auto", "disable_parallel_tool_use": True},
            {"type": "auto", "disable_parallel_tool_use": True},
            None,
        ),
    ],
)
def test_a_tool_that_anthropic_defined_can_be_chosen_like_any_other(tools, choice, sent, beside):
    body = converse(tools=tools, tool_choice=choice, model=SONNET_4_5)
    assert body["additionalModelRequestFields"].get("tool_choice") == sent
    assert body.get("toolConfig", {}).get("toolChoice") == beside


def test_a_chosen_tool_that_the_model_does_not_know_is_refused():
    request = read(tools=[BASH], tool_choice={"type": "tool", "name": "bash"})
    with pytest.raises(InvalidRequest, match="does not know"):
        request.for_model(traits_of(NOVA))


def test_a_history_of_a_tool_that_anthropic_defined_goes_on_as_it_is():
    use = {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "a b"}
    history = [user(text("x")), {"role": "assistant", "content": [use]}, user(result)]
    body = converse(*history, tools=[BASH], model=SONNET_4_5)
    assert body["messages"][1]["content"][0]["toolUse"]["name"] == "bash"
    # Bedrock takes tool uses beside a toolConfig only.
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["no_tool"]


@pytest.mark.parametrize("name", [{"a": 1}, ["a"], 5, None, True])
def test_a_tools_name_that_is_no_text_is_refused_and_breaks_nothing(name):
    with pytest.raises(InvalidRequest, match=r"tools\[?\.?0\]?\.name"):
        read_tools([{"name": name, "input_schema": {"type": "object"}}])
