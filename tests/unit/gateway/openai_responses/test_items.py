import pytest
from gateway.converse.capsule import pack, seal
from unit.gateway.openai_responses.asking import FUNCTION, PDF, PNG, call, converse, output, parts, refusal, user

SIGNED = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}}
REDACTED = {"reasoningContent": {"redactedContent": "aGlk"}}
ASSISTANT = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}


def messages(*items, **members):
    return converse(*items, tools=[FUNCTION], **members)["messages"]


def kinds(message):
    return [next(iter(block)) for block in message["content"]]


def test_a_message_may_go_without_its_type_and_its_content_may_be_a_string():
    body = converse({"role": "developer", "content": "A"}, {"role": "user", "content": "b"})
    assert (body["system"], body["messages"]) == ([{"text": "A"}], [{"role": "user", "content": [{"text": "b"}]}])


def test_instructions_stand_before_the_developers_messages():
    body = converse({"role": "system", "content": "B"}, user({"type": "input_text", "text": "c"}), instructions="A")
    assert body["system"] == [{"text": "A"}, {"text": "B"}]


def test_every_part_of_the_users():
    assert parts(
        {"type": "input_text", "text": "t"},
        {"type": "input_image", "image_url": f"data:image/jpeg;base64,{PNG}", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"},
        {"type": "input_file", "file_url": "s3://bucket/b.pdf"},
        {"type": "input_audio", "input_audio": {"data": "eHg=", "format": "wav"}},
        {"type": "input_video", "video_url": "data:video/mp4;base64,eHg="},
        {"type": "guarded_text", "text": "g"},
    ) == [
        {"text": "t"},
        {"image": {"format": "png", "source": {"bytes": PNG}}},
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": PDF}}},
        {"document": {"format": "pdf", "name": "b", "source": {"s3Location": {"uri": "s3://bucket/b.pdf"}}}},
        {"audio": {"format": "wav", "source": {"bytes": "eHg="}}},
        {"video": {"format": "mp4", "source": {"bytes": "eHg="}}},
        {"guardContent": {"text": {"text": "g"}}},
    ]


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ("x", "input[0]"),
        ({"type": "hologram"}, "input[0].type"),
        ({"type": "web_search_call", "id": "ws_1"}, "input[0].type"),
        ({"type": "item_reference", "id": "rs_1"}, "input[0]"),
        ({"id": "rs_1"}, "input[0]"),
        ({"role": "robot", "content": "x"}, "input[0].role"),
        ({"type": "message", "content": "x"}, "input[0].role"),
        (user({"type": "hologram"}), "input[0].content[0].type"),
        (user({"type": "text", "text": "chat's"}), "input[0].content[0].type"),
        (user({"type": "input_text"}), "input[0].content[0].text"),
        (user({"type": "input_image", "image_url": 3}), "input[0].content[0].image_url"),
        (user({"type": "input_image", "file_id": "file-1"}), "input[0].content[0].file_id"),
        (user({"type": "input_file", "file_id": "file-1"}), "input[0].content[0].file_id"),
        ({"role": "system", "content": [{"type": "input_image"}]}, "input[0].content[0].type"),
        ({"role": "assistant", "content": [{"type": "input_file"}]}, "input[0].content[0].type"),
        ({"type": "function_call", "name": "f"}, "input[0].call_id"),
        ({"type": "function_call", "call_id": "c"}, "input[0].name"),
        ({"type": "custom_tool_call", "call_id": "c", "name": "f"}, "input[0].input"),
        ({"type": "function_call_output", "output": "x"}, "input[0].call_id"),
        ({"type": "reasoning", "summary": [{"type": "summary_text"}]}, "input[0].summary[0].text"),
        ({"type": "additional_tools"}, "input[0].tools"),
    ],
)
def test_what_is_malformed_or_of_no_known_kind_is_refused_with_its_path(item, param):
    assert refusal(item) == param


def test_calls_and_outputs_become_tool_uses_and_results():
    body = messages(
        user({"type": "input_text", "text": "a"}),
        call("c1", arguments='{"a":1}', id="fc_1", status="completed"),
        call("c2", arguments="no JSON"),
        output("c2", [{"type": "input_text", "text": "two"}]),
        output("c1", "one"),
    )
    assert body[1]["content"] == [
        {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "c2", "name": "f", "input": {}}},
    ]
    found = [(block["toolResult"]["toolUseId"], block["toolResult"]["content"]) for block in body[2]["content"]]
    assert found == [("c1", [{"text": "one"}]), ("c2", [{"text": "two"}])]


def test_an_output_behind_a_later_message_of_the_assistants_stands_directly_behind_its_call():
    # Codex writes its histories so.
    body = messages(user({"type": "input_text", "text": "a"}), call("c1"), ASSISTANT, output("c1"))
    assert [message["role"] for message in body] == ["user", "assistant", "user"]
    assert [kinds(message) for message in body[1:]] == [["text", "toolUse"], ["toolResult"]]


def test_a_message_of_the_users_between_a_call_and_its_output_comes_after_the_output():
    body = messages(
        user({"type": "input_text", "text": "a"}), call("c1"), user({"type": "input_text", "text": "b"}), output("c1")
    )
    assert [kinds(message) for message in body] == [["text"], ["toolUse"], ["toolResult", "text"]]


def test_images_in_an_output_stay_in_the_result():
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}
    [block] = messages(user({"type": "input_text", "text": "a"}), call("c1"), output("c1", [picture]))[2]["content"]
    assert block["toolResult"]["content"] == [{"image": {"format": "png", "source": {"bytes": PNG}}}]


def test_a_custom_call_is_a_use_of_a_function_with_one_string():
    body = converse(
        user({"type": "input_text", "text": "a"}),
        {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": "*** Begin"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
        tools=[{"type": "custom", "name": "patch"}],
    )
    assert body["messages"][1]["content"][0]["toolUse"]["input"] == {"input": "*** Begin"}


def test_a_call_in_a_namespace_has_the_name_that_the_namespaces_tool_is_offered_under():
    namespace = {"type": "namespace", "name": "docs", "tools": [{**FUNCTION, "name": "search"}]}
    body = converse(
        user({"type": "input_text", "text": "a"}),
        call("c1", "search", namespace="docs"),
        output("c1"),
        tools=[namespace],
    )
    [spec] = [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"] if "toolSpec" in tool]
    assert body["messages"][1]["content"][0]["toolUse"]["name"] == spec


@pytest.mark.parametrize("block", [SIGNED, REDACTED])
def test_sealed_reasoning_comes_back_as_the_model_gave_it(block):
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal([block])}
    body = messages(user({"type": "input_text", "text": "a"}), item, call("c1"), output("c1"))
    assert body[1]["content"][0] == block


@pytest.mark.parametrize("sealed", ["gAAAAABn-of-somebody-else", "", None])
def test_reasoning_sealed_by_somebody_else_is_no_obstacle(sealed):
    item = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
    body = messages(user({"type": "input_text", "text": "a"}), {**item, "encrypted_content": sealed}, ASSISTANT)
    assert body[1]["role"] == "assistant"
    assert body[1]["content"][-1] == {"text": "Hi"}


def test_a_breakpoint_of_openais_and_a_mark_of_anthropics_are_cache_points():
    here = {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"ttl": "30m"}}
    marked = {"type": "input_text", "text": "b", "cache_control": {"type": "ephemeral"}}
    assert parts(here, marked) == [
        {"text": "a"},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"text": "b"},
        {"cachePoint": {"type": "default"}},
    ]


def test_a_mark_inside_an_output_covers_it_whole():
    told = [{"type": "input_text", "text": "x", "cache_control": {"type": "ephemeral"}}]
    body = messages(user({"type": "input_text", "text": "a"}), call("c1"), output("c1", told))
    assert kinds(body[2]) == ["toolResult", "cachePoint"]


def test_a_history_that_is_sent_again_begins_with_the_same_bytes():
    first = [user({"type": "input_text", "text": "a"}), call("c1"), output("c1")]
    more = [*first, ASSISTANT, user({"type": "input_text", "text": "b"})]
    assert messages(*more)[:3] == messages(*first)


CARRIED = pack("call_1", [SIGNED])


@pytest.mark.parametrize("kept", [[], [{"type": "reasoning", "id": "rs", "encrypted_content": seal([SIGNED])}]])
def test_reasoning_in_the_id_of_a_call_comes_back_before_it_and_only_once(kept):
    [_, said, result] = messages(user({"type": "input_text", "text": "a"}), *kept, call(CARRIED), output(CARRIED))
    assert said["content"][0] == SIGNED
    assert kinds(said) == ["reasoningContent", "toolUse"]
    assert said["content"][1]["toolUse"]["toolUseId"] == "call_1"
    assert result["content"][0]["toolResult"]["toolUseId"] == "call_1"
