"""InvokeModel, its stream, CountTokens and ApplyGuardrail: what is forwarded where, and when a stream is whole."""

import base64
import json

import orjson
import pytest
from gateway.bedrock.eventstream import FrameReader, encode_frame
from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import InvokeWitness
from gateway.errors import InvalidRequest, StreamBroken, UpstreamTimeout
from gateway.routing import Dialect, Operation, Route, route

METRICS = {"inputTokenCount": 7, "outputTokenCount": 3, "invocationLatency": 9, "firstByteLatency": 4}
START = {"type": "message_start", "message": {"usage": {"input_tokens": 7}}}
DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
STOP = {"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS}


def chunk(value):
    payload = {"bytes": base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode(), "p": "abc"}
    headers = {":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}
    return encode_frame(headers, orjson.dumps(payload))


def frames_of(data):
    return FrameReader().feed(data)[1]


@pytest.mark.parametrize(
    ("word", "operation"),
    [
        ("invoke", Operation.INVOKE),
        ("invoke-with-response-stream", Operation.INVOKE_STREAM),
        ("count-tokens", Operation.COUNT_TOKENS),
    ],
)
@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
def test_each_operation_on_a_model_has_its_route(word, operation, colon):
    path = f"/model/us.anthropic.claude-v1{colon}0/{word}"
    assert route("POST", path) == Route(Dialect.NATIVE, operation, "us.anthropic.claude-v1:0")


@pytest.mark.parametrize("version", ["1", "12345678", "DRAFT"])
def test_a_guardrail_is_named_by_id_or_arn_and_version(version):
    arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"
    for name in ("abc", arn, arn.replace(":", "%3A").replace("/", "%2F")):
        found = route("POST", f"/guardrail/{name}/version/{version}/apply")
        assert found.operation is Operation.APPLY_GUARDRAIL
        assert (found.name, found.version) == (arn if "arn" in name else "abc", version)


def test_a_guardrail_encoded_twice_is_refused():
    with pytest.raises(InvalidRequest):
        route("POST", "/guardrail/a%252Fb/version/1/apply")


@pytest.mark.parametrize("events", [[START, DELTA, STOP], [{"outputText": "Hi"}, {"x": 1, **STOP}], [{"a": 1}]])
def test_a_whole_invoke_stream_passes_untouched_however_it_is_cut(events):
    recording = b"".join(chunk(event) for event in events)
    for size in (1, 7, 64, len(recording)):
        stream = NativeStream(InvokeWitness())
        out = b"".join(stream.feed(recording[at : at + size]) for at in range(0, len(recording), size))
        assert out + stream.finish() == recording
        assert stream.verdict is not None
        assert stream.verdict.error is None


def test_the_last_chunks_metrics_are_the_usage():
    stream = NativeStream(InvokeWitness())
    stream.feed(chunk(START) + chunk(STOP))
    stream.finish()
    assert stream.verdict.usage.input_tokens == 7
    assert stream.verdict.usage.output_tokens == 3


def test_a_messages_stream_that_just_ends_is_an_error():
    stream = NativeStream(InvokeWitness())
    stream.feed(chunk(START) + chunk(DELTA))
    (frame,) = frames_of(stream.finish())
    assert (frame.kind.message_type, frame.kind.name) == ("exception", "modelStreamErrorException")
    assert isinstance(stream.verdict.error, StreamBroken)


def test_any_stream_that_is_cut_before_its_last_chunk_is_an_error():
    stream = NativeStream(InvokeWitness())
    stream.feed(chunk({"outputText": "Hi"}))
    (frame,) = frames_of(stream.fail(UpstreamTimeout("too long")))
    # Unlike ConverseStream, this operation has an exception of its own for time-outs.
    assert frame.kind.name == "modelTimeoutException"


def test_a_chunk_that_cannot_be_read_is_the_clients_to_judge():
    headers = {":message-type": "event", ":event-type": "chunk"}
    recording = b"".join(encode_frame(headers, payload) for payload in (b"no json", b'{"bytes":"%"}', b'{"bytes":5}'))
    stream = NativeStream(InvokeWitness())
    assert stream.feed(recording) + stream.finish() == recording
    assert stream.verdict.error is None
