from typing import Any

import pytest
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.errors import ServiceError

TOOLS = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content) or [{"text": "hi"}]}


def assistant(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content) or [{"text": "hello"}]}


def call(tool_use_id="t1", arguments=None) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": tool_use_id, "name": "look", "input": {} if arguments is None else arguments}}


def result(tool_use_id="t1", *content: dict[str, Any]) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": tool_use_id, "content": list(content) or [{"text": "seen"}]}}


def document(name="report") -> dict[str, Any]:
    return {"document": {"name": name, "format": "pdf", "source": {"bytes": b"%PDF"}}}


def refusal(*messages: dict[str, Any], **members: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        check_conversation({"messages": list(messages), **members})
    assert (caught.value.name, caught.value.status) == ("ValidationException", 400)
    return caught.value.message


@pytest.mark.parametrize(
    "messages",
    [
        [user()],
        [user(), assistant(), user()],
        [user(), user({"text": "and this"})],  # agents send a user message after tool results
        [user(), assistant(call()), user(result())],
        [user(), assistant(call("a"), call("b")), user(result("b"), result("a"), {"text": "go on"})],
        [user(), assistant(call("a"), call("b")), user(result("a")), user(result("b"))],
        [user(), assistant(call()), user(result()), user({"text": "next"})],
        [user(), {"role": "system", "content": [{"text": "be brief"}]}, assistant()],
        [user({"text": "read"}, document("a"), document("b (2)"))],
        [user(), assistant({"text": "a prefill"})],
    ],
)
def test_a_conversation_that_bedrock_takes_comes_in(messages):
    check_conversation({"messages": messages, "toolConfig": TOOLS})


@pytest.mark.parametrize("messages", [[], [assistant()], [{"role": "system", "content": [{"text": "x"}]}]])
def test_the_first_message_is_the_user_s(messages):
    assert refusal(*messages) == (
        "A conversation must start with a user message. Try again with a conversation that starts with a user message."
    )


def test_two_assistant_messages_in_a_row_do_not_alternate():
    assert "must alternate between user and assistant roles" in refusal(user(), assistant(), assistant())


def test_a_message_without_content_is_refused():
    assert refusal(user(), {"role": "assistant", "content": []}) == (
        "The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content "
        "field and try again."
    )


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_blank_text_is_refused(text):
    assert refusal(user({"text": "hi"}, {"text": text})) == (
        "The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, and "
        "try again."
    )


def test_tool_blocks_need_a_tool_configuration():
    assert refusal(user(), assistant(call()), user(result())) == (
        "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    )


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        (
            [user(), assistant(call("a"), call("b")), user(result("a"))],
            "Expected toolResult blocks at messages.2.content for the following Ids: b",
        ),
        (
            [user(), assistant(call("a"), call("b")), user({"text": "never mind"})],
            "Expected toolResult blocks at messages.2.content for the following Ids: a, b",
        ),
        (
            [user(), assistant(), user(result("a"))],
            (
                "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of "
                "previous turn."
            ),
        ),
        (
            [user(result("a"))],
            (
                "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of "
                "previous turn."
            ),
        ),
        (
            [user(), assistant(call("a")), user(result("a"), result("a"))],
            (
                "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of "
                "previous turn."
            ),
        ),
        ([user(call())], "messages.0.content.0: User messages cannot contain tool uses"),
        ([user(), assistant(result())], "messages.1.content.0: Assistant messages cannot contain tool results"),
        (
            [user(), assistant(call(arguments=[1])), user(result())],
            (
                "The format of the value at messages.1.content.0.toolUse.input is invalid. Provide a json object for "
                "the field and try again."
            ),
        ),
        (
            [user(), assistant(call()), user(result("t1", {"json": [1]}))],
            (
                "The format of the value at messages.2.content.0.toolResult.content.0.json is invalid. Provide a json "
                "object for the field and try again."
            ),
        ),
    ],
)
def test_tool_uses_and_results_must_match(messages, words):
    assert refusal(*messages, toolConfig=TOOLS) == words


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (
            {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": []}}}]},
            (
                "The format of the value at toolConfig.tools.0.toolSpec.inputSchema.json is invalid. Provide a json "
                "object for the field and try again."
            ),
        ),
        (
            {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "array"}}}}]},
            "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.",
        ),
        (
            {"tools": TOOLS["tools"] * 2},
            "The toolConfig.tools field contains duplicate tool names. Tool names must be unique.",
        ),
        (
            {**TOOLS, "toolChoice": {"tool": {"name": "other"}}},
            "The tool other in toolChoice was not found in toolConfig.tools.",
        ),
    ],
)
def test_a_tool_configuration_is_checked(configuration, words):
    assert refusal(user(), toolConfig=configuration) == words


def test_documents_come_with_text():
    assert "a text block must be provided" in refusal(user(document()))


@pytest.mark.parametrize("name", ["report.pdf", "two  spaces", "tab\t\tbed", "ünïcode"])
def test_a_document_s_name_has_few_characters(name):
    assert "The document file name contains invalid characters" in refusal(user({"text": "read"}, document(name)))


def test_documents_have_different_names_in_the_whole_conversation():
    first, second = user({"text": "read"}, document("a")), user({"text": "again"}, document("a"))
    assert "Document names must be unique" in refusal(first, assistant(), second)


def test_there_is_a_limit_to_documents():
    picture = {"image": {"format": "png", "source": {"bytes": b"x"}}}
    check_conversation({"messages": [user(*[picture] * 100)]})
    assert "too many" in refusal(user({"text": "read"}, *[document(str(at)) for at in range(6)]))


def test_four_cache_points_are_the_most():
    point = {"cachePoint": {"type": "default"}}
    system = [{"text": "x"}, point, point]
    tools = {"tools": [*TOOLS["tools"], point]}
    check_conversation({"messages": [user({"text": "x"}, point)], "system": system, "toolConfig": tools})
    assert refusal(user({"text": "x"}, point, point), system=system, toolConfig=tools) == (
        "The model returned the following errors: A maximum of 4 blocks with cache_control may be provided. Found 5."
    )
