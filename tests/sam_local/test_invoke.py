"""Both functions as `sam build` made them, in Lambda's own container image, against the emulators on this machine."""

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.eventstream import EventStreamBuffer
from catalog_refresh.table import CatalogTable
from sam_local.emulators import Emulators
from sam_local.sam_cli import SamCli, event, streamed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The first invocation may have to build an image on top of a base image that was just pulled.
pytestmark = [pytest.mark.sam, pytest.mark.container, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def refreshed(sam: SamCli) -> dict[str, Any]:
    """What the refresh function says after it has filled the catalog."""
    said: dict[str, Any] = json.loads(sam.invoke("RefreshFunction", event("schedule")))
    return said


def frames(body: bytes) -> list[tuple[str, Any]]:
    """The events of a stream of frames, checked against their CRCs."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return [(frame.headers[":event-type"], json.loads(frame.payload)) for frame in buffer]


def test_the_schedules_event_fills_the_catalog(
    refreshed: dict[str, Any], emulators: Emulators, dynamodb: "DynamoDBClient"
) -> None:
    table = CatalogTable(dynamodb, emulators.services.catalog_table, pause=lambda _longest: None)
    _, catalog = table.current(refreshed["refreshed_at"])
    assert catalog
    assert refreshed["status"] == "published"
    assert refreshed["models"] == len(catalog.listed()) > 30


def test_health_needs_no_key(sam: SamCli) -> None:
    answer = streamed(sam.invoke("GatewayFunction", event("health")))
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})


def test_models_are_those_of_the_catalog(sam: SamCli, key: str, refreshed: dict[str, Any]) -> None:
    answer = streamed(sam.invoke("GatewayFunction", event("models", key)))
    assert answer.status == 200
    assert "amazon.nova-lite-v1:0" in [model["id"] for model in json.loads(answer.body)["data"]]


def test_a_stranger_is_refused(sam: SamCli) -> None:
    answer = streamed(sam.invoke("GatewayFunction", event("models", "slc_nobody")))
    assert answer.status == 401


def test_chat_completions_stream_to_their_end(sam: SamCli, key: str) -> None:
    answer = streamed(sam.invoke("GatewayFunction", event("chat-completions", key)))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.body.decode().split("\n\n") if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"]]
    assert len("".join(deltas)) > 20
    assert chunks[-1]["usage"]["completion_tokens"] > 0


def test_converse_answers_with_bedrocks_own_message(sam: SamCli, key: str) -> None:
    answer = streamed(sam.invoke("GatewayFunction", event("converse", key)))
    assert answer.status == 200
    reply = json.loads(answer.body)
    assert reply["stopReason"] == "end_turn"
    assert reply["output"]["message"]["content"][0]["text"]


def test_a_direct_invoke_gets_bedrocks_frames_in_plain_json(sam: SamCli, key: str) -> None:
    # SAM prints text only, so frames come through it as base64: as they do for whoever invokes the function directly.
    direct = event("converse-stream", key)
    del direct["requestContext"]
    answer = json.loads(sam.invoke("GatewayFunction", direct))
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "application/vnd.amazon.eventstream"
    assert answer["isBase64Encoded"] is True
    events = frames(base64.b64decode(answer["body"]))
    names = [name for name, _ in events]
    assert (names[0], names[-2:]) == ("messageStart", ["messageStop", "metadata"])
    deltas = [payload["delta"]["text"] for name, payload in events if name == "contentBlockDelta"]
    assert len("".join(deltas)) > 20
