import json
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from sluice_local.bedrock_runtime.checks.validation import decode_member, decode_request
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.service_model import input_shape
from unit.bedrock_runtime.mutations import VALID, mutated

MODEL = {"modelId": "anthropic.claude-3-haiku-20240307-v1:0"}


def decode(body: Any, operation="Converse", headers=None) -> dict[str, Any]:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_request(operation, MODEL, headers or {}, encoded)


def refusal(body: Any, **more) -> tuple[str, int, str]:
    with pytest.raises(ServiceError) as caught:
        decode(body, **more)
    return caught.value.name, caught.value.status, caught.value.message


def saying(**members: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": "hi"}]}], **members}


def test_a_valid_request_is_decoded_with_blobs_as_bytes():
    decoded = decode(VALID)
    assert decoded["modelId"] == MODEL["modelId"]
    assert decoded["messages"][0]["content"][1]["image"]["source"]["bytes"] == b"\x89PNG"
    assert decoded["messages"][1]["content"][0]["toolUse"]["input"] == {"deep": [1, None]}


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_members_of_both_operations_are_their_own(operation):
    body = saying(
        guardrailConfig={"guardrailIdentifier": "gr1", "guardrailVersion": "1", "streamProcessingMode": "sync"}
    )
    if operation == "ConverseStream":
        assert decode(body, operation)["guardrailConfig"]["streamProcessingMode"] == "sync"
    else:
        assert "extraneous key [streamProcessingMode]" in refusal(body)[2]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            saying(foo=1),
            (
                "Malformed input request: #: extraneous key [foo] is not permitted, please reformat your input and try "
                "again."
            ),
        ),
        (
            {"messages": [{"role": "user", "content": [{"text": "hi"}], "name": "bob"}]},
            (
                "Malformed input request: #/messages/0: extraneous key [name] is not permitted, please reformat your "
                "input and try again."
            ),
        ),
        (
            {"messages": [{"role": "tool", "content": [{"text": "hi"}]}]},
            (
                "1 validation error detected: Value 'tool' at 'messages.1.member.role' failed to satisfy constraint: "
                "Member must satisfy enum value set: [user, assistant, system]"
            ),
        ),
        (
            {"messages": [{"role": "user"}]},
            (
                "1 validation error detected: Value null at 'messages.1.member.content' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            saying(inferenceConfig={"maxTokens": 0, "temperature": 2}),
            (
                "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1; Value '2' at 'inferenceConfig.temperature' failed "
                "to satisfy constraint: Member must have value less than or equal to 1"
            ),
        ),
        (
            saying(system=[{"text": ""}]),
            (
                "1 validation error detected: Value '' at 'system.1.member.text' failed to satisfy constraint: Member "
                "must have length greater than or equal to 1"
            ),
        ),
        (
            saying(toolConfig={"tools": [{"toolSpec": {"name": "a b", "inputSchema": {"json": {}}}}]}),
            (
                "1 validation error detected: Value 'a b' at 'toolConfig.tools.1.member.toolSpec.name' failed to "
                "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
            ),
        ),
        (saying(inferenceConfig={"maxTokens": "5"}), "STRING_VALUE can not be converted to Integer"),
        (saying(inferenceConfig={"maxTokens": True}), "TRUE_VALUE can not be converted to Integer"),
        (saying(inferenceConfig={"maxTokens": 1.5}), "DECIMAL_VALUE can not be converted to Integer"),
        ({"messages": {"role": "user"}}, "START_OBJECT can not be converted to List"),
        ({"messages": [{"role": "user", "content": [{"text": 5}]}]}, "NUMBER_VALUE can not be converted to String"),
        (
            {"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "!!"}}}]}]},
            "The value at messages.0.content.0.image.source.bytes is not valid base64.",
        ),
    ],
)
def test_what_the_model_does_not_allow_is_refused_in_aws_words(body, message):
    assert refusal(body) == ("ValidationException", 400, message)


@pytest.mark.parametrize(
    "block", [{}, {"type": "text"}, {"text": "a", "cachePoint": {"type": "default"}}, {"text": None}]
)
def test_a_content_block_sets_exactly_one_key(block):
    _, status, message = refusal({"messages": [{"role": "user", "content": [{"text": "hi"}, block]}]})
    assert status == 400
    assert message.startswith(
        "ContentBlock object at messages.0.content.1 must set one of the following keys: text, image, document,"
    )


def test_a_null_member_is_the_same_as_none():
    assert "system" not in decode(saying(system=None))


def test_a_sensitive_value_is_not_repeated():
    metadata = {"secret!": "x"}
    assert "secret!" in refusal(saying(requestMetadata=metadata))[2]  # keys are not sensitive
    message = refusal(saying(requestMetadata={"k": "hush!" * 60}))[2]
    assert "length less than or equal to 256" in message


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_a_serialization_exception(body):
    name, status, _ = refusal(body)
    assert (name, status) == ("SerializationException", 400)


def test_an_invoke_body_is_left_as_it_is_and_its_headers_are_checked():
    decoded = decode(b"\x00any bytes", "InvokeModel", {"x-amzn-bedrock-service-tier": "flex", "accept": "*/*"})
    assert decoded["body"] == b"\x00any bytes"
    assert decoded["serviceTier"] == "flex"
    assert "enum value set" in refusal(b"", operation="InvokeModel", headers={"x-amzn-bedrock-service-tier": "x"})[2]


def test_a_model_id_that_no_model_can_have_is_refused():
    with pytest.raises(ServiceError, match=r"at 'modelId' failed to satisfy constraint: Member must satisfy regular"):
        decode_request("Converse", {"modelId": "no model!"}, {}, b"{}")


def test_one_member_can_be_decoded_alone():
    assert decode_member("Converse", "system", [{"text": "x"}]) == [{"text": "x"}]
    with pytest.raises(ServiceError, match=r"'system\.1\.member\.text'"):
        decode_member("Converse", "system", [{"text": ""}])


def with_bytes(value: Any) -> Any:
    """As boto3's users write it: blobs are bytes, and null members are not written at all."""
    if isinstance(value, dict):
        return {key: with_bytes(member) for key, member in value.items() if member is not None}
    return [with_bytes(item) for item in value] if isinstance(value, list) else value


@given(mutated(VALID))
@settings(max_examples=400, deadline=None)
def test_nothing_that_botocore_refuses_comes_in(body):
    report = ParamValidator().validate({**with_bytes(body), **MODEL}, input_shape("Converse"))
    if report.has_errors():
        with pytest.raises(ServiceError) as caught:
            decode(body)
        assert caught.value.status == 400


def test_the_differential_test_begins_with_a_request_that_botocore_takes():
    assert not ParamValidator().validate({**VALID, **MODEL}, input_shape("Converse")).has_errors()
