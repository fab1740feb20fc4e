import pytest
from unit.gateway.anthropic_messages.asking import PDF, PNG, TOOL, blocks, converse, refusal, text, user

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
USE = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "21"}
MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}


def document(source, **members):
    return {"type": "document", "source": source, **members}


def after_tool_use(*results):
    """The blocks of the user's turn after a tool use."""
    messages = [user(text("a")), {"role": "assistant", "content": [USE]}, user(*results)]
    return converse(*messages, tools=[TOOL])["messages"][2]["content"]


@pytest.mark.parametrize("system", ["Be brief.", [{"type": "text", "text": "Be brief."}]])
def test_a_system_prompt_is_a_string_or_blocks(system):
    assert converse(system=system)["system"] == [{"text": "Be brief."}]


def test_a_message_is_a_string_or_blocks():
    assert converse({"role": "user", "content": "Hi"}) == converse(user(text("Hi")))


def test_two_messages_of_the_user_become_one():
    assert converse(user(text("a")), user(text("b")))["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]}
    ]


def test_instructions_in_mid_conversation_stay_where_they_are():
    body = converse({"role": "system", "content": "A"}, user(text("b")), {"role": "system", "content": [text("C")]})
    assert body["system"] == [{"text": "A"}]
    assert body["messages"][0]["content"][0] == {"text": "b"}
    assert body["messages"][0]["content"][1]["text"].endswith("C")


def test_an_image_of_base64():
    assert blocks(IMAGE) == [{"image": {"format": "png", "source": {"bytes": PNG}}}]


def test_an_image_by_url_is_fetched():
    asked = []

    def fetch(url, path):
        asked.append((url, path))
        return "image/png", PNG

    given = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    assert blocks(given, fetch=fetch) == blocks(IMAGE)
    assert asked == [("https://example.com/a.png", "messages[0].content[0].source.url")]


def test_a_pdf_with_its_title_context_and_citations():
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    given = document(source, title="Q3 v2.1 report", context="Confidential.", citations={"enabled": True})
    assert blocks(given, text("Sum up."))[0]["document"] == {
        "format": "pdf",
        "name": "Q3 v2 1 report",
        "source": {"bytes": PDF},
        "context": "Confidential.",
        "citations": {"enabled": True},
    }


def test_documents_of_text_chunks_and_urls():
    def fetch(url, path):
        return "application/pdf", PDF

    found = blocks(
        document({"type": "text", "media_type": "text/plain", "data": "Words."}, title="Notes"),
        document({"type": "content", "content": "One."}),
        document({"type": "content", "content": [text("One."), text("Two.")]}),
        document({"type": "url", "url": "https://example.com/files/paper.pdf?x=1"}),
        text("Sum up."),
        fetch=fetch,
    )
    assert [block["document"] for block in found[:-1]] == [
        {"format": "txt", "name": "Notes", "source": {"text": "Words."}},
        {"name": "document", "source": {"content": [{"text": "One."}]}},
        {"name": "document-2", "source": {"content": [{"text": "One."}, {"text": "Two."}]}},
        {"format": "pdf", "name": "paper", "source": {"bytes": PDF}},
    ]


def test_a_search_result():
    given = {"type": "search_result", "source": "https://e.com", "title": "T", "content": [text("a"), text("b")]}
    told = {"source": "https://e.com", "title": "T", "content": [{"text": "a"}, {"text": "b"}]}
    assert blocks(given)[0] == {"searchResult": told}
    assert blocks({**given, "citations": {"enabled": True}})[0]["searchResult"]["citations"] == {"enabled": True}


def test_an_assistants_blocks_keep_the_models_own_order():
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    content = [text("a"), thinking, text("b"), {"type": "redacted_thinking", "data": "aGlk"}, USE]
    body = converse(user(text("x")), {"role": "assistant", "content": content}, user(RESULT), tools=[TOOL])
    assert body["messages"][1]["content"] == [
        {"text": "a"},
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
        {"text": "b"},
        {"reasoningContent": {"redactedContent": "aGlk"}},
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
    ]


def test_thinking_without_a_signature_comes_back_without_one():
    content = [{"type": "thinking", "thinking": "Hm.", "signature": ""}, text("a")]
    body = converse(user(text("x")), {"role": "assistant", "content": content}, user(text("y")))
    assert body["messages"][1]["content"][0] == {"reasoningContent": {"reasoningText": {"text": "Hm."}}}


def test_cited_text_of_an_earlier_turn_keeps_its_citations():
    place = {"type": "page_location", "document_index": 0, "start_page_number": 3, "end_page_number": 4}
    cited = {**place, "cited_text": "Grew.", "document_title": "Report"}
    unsayable = {"type": "hearsay", "cited_text": "?"}
    content = [text("It grew.", citations=[cited, unsayable]), text("So.", citations=[unsayable]), text(".")]
    body = converse(user(text("x")), {"role": "assistant", "content": content}, user(text("y")))
    assert body["messages"][1]["content"] == [
        {
            "citationsContent": {
                "content": [{"text": "It grew."}],
                "citations": [
                    {
                        "location": {"documentPage": {"documentIndex": 0, "start": 3, "end": 4}},
                        "title": "Report",
                        "sourceContent": [{"text": "Grew."}],
                    }
                ],
            }
        },
        {"text": "So."},
        {"text": "."},
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("21", [{"text": "21"}]),
        ([text("21"), IMAGE], [{"text": "21"}, {"image": {"format": "png", "source": {"bytes": PNG}}}]),
        ([], [{"text": "(no output)"}]),
        (None, [{"text": "(no output)"}]),
        ("", [{"text": "(no output)"}]),
        ([{"type": "tool_reference", "tool_name": "g"}], [{"text": "The tool g is available."}]),
        (
            [document({"type": "base64", "media_type": "application/pdf", "data": PDF}, title="A")],
            [{"document": {"format": "pdf", "name": "A", "source": {"bytes": PDF}}}],
        ),
        (
            [{"type": "search_result", "source": "s", "title": "t", "content": [text("a")]}],
            [{"searchResult": {"source": "s", "title": "t", "content": [{"text": "a"}]}}],
        ),
    ],
)
def test_a_tools_result_has_what_it_had(content, told):
    given = {key: value for key, value in {**RESULT, "content": content}.items() if value is not None}
    assert after_tool_use(given) == [{"toolResult": {"toolUseId": "t1", "content": told}}]


@pytest.mark.parametrize(("is_error", "status"), [(True, "error"), (False, "success")])
def test_a_tools_failure_is_told(is_error, status):
    assert after_tool_use({**RESULT, "is_error": is_error})[0]["toolResult"]["status"] == status


def test_tool_results_come_before_what_else_the_user_says():
    assert [next(iter(block)) for block in after_tool_use(text("Well?"), RESULT)] == ["toolResult", "text"]


def test_a_cache_mark_on_any_block_tool_or_system_prompt_becomes_a_point_behind_it():
    body = converse(
        user(text("a", cache_control=MARK), text("b"), {**IMAGE, "cache_control": {**MARK, "ttl": "1h"}}),
        system=[text("s", cache_control=MARK), text("t")],
        tools=[{**TOOL, "cache_control": MARK}],
    )
    assert body["system"] == [{"text": "s"}, POINT, {"text": "t"}]
    assert body["toolConfig"]["tools"][1] == POINT
    image = {"image": {"format": "png", "source": {"bytes": PNG}}}
    point_of_an_hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert body["messages"][0]["content"] == [{"text": "a"}, POINT, {"text": "b"}, image, point_of_an_hour]


def test_a_cache_mark_in_or_on_a_tools_result_is_one_point_behind_it():
    inner = {**RESULT, "content": [text("21", cache_control={**MARK, "ttl": "1h"})]}
    assert after_tool_use(inner)[1:] == [{"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert after_tool_use({**inner, "cache_control": MARK})[1:] == [POINT]


def test_a_cache_mark_for_the_whole_request_stands_behind_the_last_block():
    assert converse(user(text("a"), text("b")), cache_control=MARK)["messages"][0]["content"][-1] == POINT


def test_nothing_is_cached_that_the_client_did_not_mark():
    long = converse(user(text("word " * 50_000)), model="us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert "cachePoint" not in str(long)


def test_of_more_than_four_marks_the_earliest_messages_lose_theirs():
    marked = [text(str(at), cache_control=MARK) for at in range(6)]
    content = blocks(*marked)
    assert [at for at, block in enumerate(content) if block == POINT] == [3, 5, 7, 9]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "hologram"}, "messages[0].content[0].type"),
        ({"type": ["text"]}, "messages[0].content[0].type"),
        ({"type": "server_tool_use", "id": "s1"}, "messages[0].content[0].type"),
        ({"type": "tool_use", "id": "t1"}, "messages[0].content[0].type"),
        ({"type": "text"}, "messages[0].content[0].text"),
        ({"type": "text", "text": "a", "cache_control": "yes"}, "messages[0].content[0].cache_control"),
        ({"type": "image"}, "messages[0].content[0].source"),
        ({"type": "image", "source": {"type": "file"}}, "messages[0].content[0].source.type"),
        ({"type": "image", "source": {"type": "base64", "data": "%"}}, "messages[0].content[0].source.data"),
        ({"type": "image", "source": {"type": "base64", "data": PDF}}, "messages[0].content[0].source.data"),
        (document({"type": "base64", "data": PNG}), "messages[0].content[0].source.data"),
        (document({"type": "file", "file_id": "f"}), "messages[0].content[0].source.type"),
        (document({"type": "content", "content": [IMAGE]}), "messages[0].content[0].source.content[0].type"),
        (document({"type": "content", "content": []}), "messages[0].content[0].source.content"),
        (document({"type": "text", "data": "a"}, citations={"enabled": 1}), "messages[0].content[0].citations.enabled"),
        ({"type": "search_result", "source": "s", "title": "t"}, "messages[0].content[0].content"),
        ({"type": "tool_result", "content": "a"}, "messages[0].content[0].tool_use_id"),
        ({**RESULT, "content": [USE]}, "messages[0].content[0].content[0].type"),
        ({**RESULT, "is_error": "no"}, "messages[0].content[0].is_error"),
        ("text", "messages[0].content[0]"),
    ],
)
def test_a_block_that_cannot_be_carried_is_refused_with_its_path(given, param):
    assert refusal(user(given)) == param


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "image"}, "messages[1].content[0].type"),
        ({"type": "thinking", "signature": "s"}, "messages[1].content[0].thinking"),
        ({"type": "redacted_thinking", "data": "no base64!"}, "messages[1].content[0].data"),
        ({"type": "redacted_thinking", "data": ""}, "messages[1].content[0].data"),
        ({"type": "tool_use", "id": "t1", "name": "f", "input": "x"}, "messages[1].content[0].input"),
        ({"type": "tool_use", "id": "t1", "input": {}}, "messages[1].content[0].name"),
    ],
)
def test_an_assistants_block_that_cannot_be_carried_is_refused_with_its_path(given, param):
    assert refusal(user(text("a")), {"role": "assistant", "content": [given]}) == param


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "robot", "content": "a"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "system", "content": [IMAGE]}], "messages[0].content[0].type"),
        (["a"], "messages[0]"),
    ],
)
def test_a_message_that_is_none_is_refused_with_its_path(messages, param):
    assert refusal(*messages) == param


@pytest.mark.parametrize("messages", [[], None, "a"])
def test_messages_are_a_list_of_at_least_one(messages):
    assert refusal(messages=messages) == "messages"
