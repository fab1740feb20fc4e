import json

import pytest
from gateway.converse.capsule import unpack, unseal
from gateway.converse.structured import OUTPUT_TOOL
from gateway.dialects.openai_responses.reply import ReplyForm, ResponseHead
from gateway.dialects.openai_responses.stream import ResponseStream
from gateway.dialects.openai_responses.tools import ClientTool
from gateway.dialects.openai_responses.writer import response
from gateway.errors import StreamBroken, UpstreamRefused
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.replies import SIGNATURE
from sluice_local.bedrock_runtime.scenarios.samples import PLAIN_PIECES, REASONING_PIECES
from unit.gateway.openai_responses.asking import read
from unit.gateway.openai_responses.sse import events_of, helped
from unit.gateway.recordings import (
    METADATA,
    PLAIN,
    START,
    STOP,
    THROTTLED,
    block_start,
    block_stop,
    delta,
    event,
    library,
    text,
)

HEAD = ResponseHead("resp_1", 1, "m", read().echo)
REPLIES = (
    "text",
    "tool-use",
    "tool-use-no-arguments",
    "tool-use-parallel",
    "reasoning",
    "reasoning-unsigned",
    "reasoning-redacted",
    "reasoning-tool-use",
    "citations",
    "cached",
    "empty",
    "guardrail",
    "stop-max-tokens",
    "stop-stop-sequence",
    "stop-content-filtered",
    "stop-model-context-window-exceeded",
)


def sent(*frames, form=None):
    encoder = ResponseStream(HEAD, form)
    return b"".join([encoder.feed(frame) for frame in frames]) + (b"" if encoder.verdict else encoder.finish())


def told(*frames, form=None):
    return events_of(sent(*frames, form=form))


def last(*frames, form=None):
    """Return the response at its end."""
    return told(*frames, form=form)[-1]["response"]


def tool(index, name="f"):
    return block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": name}})


def given(index, *pieces):
    return [delta(index, {"toolUse": {"input": piece}}) for piece in pieces]


def stop(reason):
    return event("messageStop", {"stopReason": reason})


def comparable(final):
    """Return the output with arguments read, and without what the SDK's helper adds."""
    items = [{name: value for name, value in item.items() if name != "parsed_arguments"} for item in final["output"]]
    for item in items:
        if "arguments" in item:
            item["arguments"] = json.loads(item["arguments"])
        for part in item.get("content") or ():
            part.pop("parsed", None)
    return items


def test_the_events_of_a_text_in_their_order():
    assert [value["type"] for value in told(*PLAIN)] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


@pytest.mark.parametrize("name", REPLIES)
def test_a_stream_and_a_whole_reply_end_in_the_same_response(name):
    whole = response(assemble(library_scenario(name).steps), HEAD, ReplyForm())
    # Only the spaces in a call's arguments are the model's own in a stream.
    assert comparable(last(*library(name))) == comparable(whole)


@pytest.mark.parametrize("name", REPLIES)
def test_the_sdks_helper_puts_together_what_the_last_event_says(name):
    *_, final = helped(sent(*library(name)))
    assert comparable(final.response.to_dict()) == comparable(last(*library(name)))


def test_text_that_comes_in_several_blocks_is_one_message():
    [message] = last(START, *text(0, "One."), *text(1, "Two", "."), STOP, METADATA)["output"]
    assert message["content"][0]["text"] == "One.Two."


def test_an_empty_block_of_text_makes_no_message():
    assert last(START, delta(0, {"text": ""}), block_stop(0), STOP, METADATA)["output"] == []


def test_reasoning_is_a_summary_and_goes_back_sealed():
    reasoning, message = last(*library("reasoning"))["output"]
    said = "".join(REASONING_PIECES)
    assert reasoning["summary"] == [{"type": "summary_text", "text": said}]
    assert unseal(reasoning["encrypted_content"]) == [
        {"reasoningContent": {"reasoningText": {"text": said, "signature": SIGNATURE}}}
    ]
    assert message["content"][0]["text"] == "".join(PLAIN_PIECES)


def test_reasoning_that_nobody_signed_has_nothing_to_go_back():
    reasoning, _ = last(*library("reasoning-unsigned"))["output"]
    assert reasoning["encrypted_content"] is None


def test_encrypted_reasoning_has_no_summary():
    reasoning, _ = last(*library("reasoning-redacted"))["output"]
    assert reasoning["summary"] == []
    assert "redactedContent" in unseal(reasoning["encrypted_content"])[0]["reasoningContent"]


def test_function_calls_of_one_turn_come_one_after_the_other():
    calls = last(*library("tool-use-parallel"))["output"]
    assert [json.loads(call["arguments"])["city"] for call in calls] == ["Paris", "Lisbon", "Oslo"]
    assert len({call["id"] for call in calls}) == len({call["call_id"] for call in calls}) == 3


def test_a_call_without_arguments_has_an_empty_object():
    events = told(*library("tool-use-no-arguments"))
    assert [value["delta"] for value in events if value["type"].endswith("arguments.delta")] == ["{}"]
    assert events[-1]["response"]["output"][-1]["arguments"] == "{}"


def test_a_tool_of_a_namespace_is_told_with_it():
    form = ReplyForm(tools={"docs.search": ClientTool("search", "docs")})
    form.names.upstream("docs.search")
    [call] = last(START, tool(0, "docs_search"), *given(0, "{}"), block_stop(0), stop("tool_use"), METADATA, form=form)[
        "output"
    ]
    assert (call["type"], call["name"], call["namespace"]) == ("function_call", "search", "docs")


CUSTOM = ReplyForm(tools={"patch": ClientTool("patch", is_custom=True)})


@pytest.mark.parametrize(
    "pieces",
    [
        ['{"input": "a\\n\\"b\\" \\ud83d\\ude42"}'],
        list('{"input": "a\\n\\"b\\" \\ud83d\\ude42"}'),
        ['{"input":', ' "a\\', 'n\\"b\\" \\ud83d', '\\ude42"', "}"],
    ],
)
def test_the_input_of_a_custom_tool_comes_as_its_text(pieces):
    events = told(START, tool(0, "patch"), *given(0, *pieces), block_stop(0), stop("tool_use"), METADATA, form=CUSTOM)
    expected = 'a\n"b" 🙂'
    assert "".join(value["delta"] for value in events if value["type"].endswith("input.delta")) == expected
    assert [value["input"] for value in events if value["type"].endswith("input.done")] == [expected]
    [call] = events[-1]["response"]["output"]
    assert (call["type"], call["name"], call["input"]) == ("custom_tool_call", "patch", expected)


@pytest.mark.parametrize("arguments", ["", "plain words", '{"other": 1}', '{"input": 5}', '{"input": "cut'])
def test_a_custom_tool_that_was_used_in_another_form_still_gets_something(arguments):
    pieces = given(0, arguments) if arguments else []
    events = told(START, tool(0, "patch"), *pieces, block_stop(0), stop("tool_use"), METADATA, form=CUSTOM)
    [call] = events[-1]["response"]["output"]
    expected = "cut" if arguments.endswith("cut") else arguments
    assert call["input"] == expected
    assert "".join(value["delta"] for value in events if value["type"].endswith("input.delta")) == expected


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("end_turn", "completed", None),
        ("stop_sequence", "completed", None),
        ("tool_use", "completed", None),
        ("max_tokens", "incomplete", {"reason": "max_output_tokens"}),
        ("model_context_window_exceeded", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filtered", "incomplete", {"reason": "content_filter"}),
        ("guardrail_intervened", "incomplete", {"reason": "content_filter"}),
        ("refusal", "incomplete", {"reason": "content_filter"}),
        ("solar_flare", "completed", None),
    ],
)
def test_every_stop_reason(reason, status, details):
    events = told(START, *text(0, "Hm."), stop(reason), METADATA)
    final = events[-1]["response"]
    assert (events[-1]["type"], final["status"]) == (f"response.{status}", status)
    assert final["incomplete_details"] == details
    assert final["output"][0]["status"] == status


@pytest.mark.parametrize("reason", ["malformed_tool_use", "malformed_model_output"])
def test_a_reply_that_bedrock_calls_malformed_fails_and_is_metered(reason):
    encoder = ResponseStream(HEAD)
    *_, error, failed = events_of(b"".join([encoder.feed(f) for f in [START, *text(0, "Hm."), stop(reason), METADATA]]))
    assert (error["type"], failed["type"]) == ("error", "response.failed")
    assert failed["response"]["usage"]["output_tokens"] == 3
    assert isinstance(encoder.verdict.error, StreamBroken)
    assert encoder.verdict.usage.output_tokens == 3


def test_usage_counts_all_that_went_in():
    assert last(*PLAIN)["usage"] == {
        "input_tokens": 18,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 21,
    }


def test_without_usage_none_is_made_up():
    assert last(*PLAIN[:-1])["usage"] is None


def test_the_service_tier_is_told():
    tier = {"serviceTier": {"type": "flex"}}
    assert last(*PLAIN[:-1], event("metadata", {"usage": {}, **tier}))["service_tier"] == "flex"


def test_a_stream_that_breaks_ends_in_an_error_and_a_failed_response_with_what_came():
    *_, error, failed = told(START, *text(0, "Hel"), THROTTLED)
    assert error["error"]["code"] == error["code"] == "rate_limit_exceeded"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["code"] == "rate_limit_exceeded"
    [message] = failed["response"]["output"]
    assert (message["status"], message["content"][0]["text"]) == ("incomplete", "Hel")


def test_a_stream_that_breaks_before_it_began_is_a_response_all_the_same():
    encoder = ResponseStream(HEAD)
    events = events_of(encoder.fail(UpstreamRefused(500, "InternalServerException", "no")))
    assert [value["type"] for value in events] == [
        "response.created",
        "response.in_progress",
        "error",
        "response.failed",
    ]


@pytest.mark.parametrize("kind", ["image", "toolResult"])
def test_content_that_has_no_place_fails_the_reply(kind):
    *_, failed = told(START, block_start(0, {kind: {"format": "png"}}))
    assert kind in failed["response"]["error"]["message"]


def test_a_tool_that_ran_on_the_server_fails_the_reply():
    use = {"toolUseId": "t", "name": "n", "type": "server_tool_use"}
    *_, failed = told(START, block_start(0, {"toolUse": use}))
    assert "ran on the server" in failed["response"]["error"]["message"]


def test_an_answer_that_came_as_a_tools_input_is_a_message():
    form = ReplyForm(answer_tool=OUTPUT_TOOL)
    frames = [START, *text(0, "I will."), tool(1, OUTPUT_TOOL), *given(1, '{"city"', ': "Paris"}'), block_stop(1)]
    final = last(*frames, stop("tool_use"), METADATA, form=form)
    assert (final["status"], final["output"][0]["content"][0]["text"]) == ("completed", '{"city": "Paris"}')


def test_citations_are_annotations_of_the_text_they_stand_behind():
    page = {"title": "T", "location": {"web": {"url": "https://example.com"}}}
    frames = [START, delta(0, {"text": "So."}), delta(0, {"citation": page}), block_stop(0), STOP, METADATA]
    [message] = last(*frames)["output"]
    assert message["content"][0]["annotations"] == [
        {"type": "url_citation", "start_index": 0, "end_index": 3, "title": "T", "url": "https://example.com"}
    ]


@pytest.mark.parametrize("carries", [True, False])
def test_the_id_of_a_call_carries_the_reasoning_of_a_client_that_may_not_keep_it(carries):
    form = ReplyForm(echo=HEAD.echo, ids_carry_reasoning=carries)
    [reasoning, call] = told(*library("reasoning-tool-use"), form=form)[-1]["response"]["output"]
    plain_id, blocks = unpack(call["call_id"])
    assert plain_id == "tooluse_emulator-0001"
    assert blocks == (unseal(reasoning["encrypted_content"]) if carries else [])
