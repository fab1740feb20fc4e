"""Every event and every whole reply of the goldens is one of the official SDK's own types, checked strictly."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic.types import ErrorResponse, Message, RawMessageStreamEvent
from golden.cases import CASES, FOLDER, WHOLE, WHOLE_FOLDER
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.shared import ErrorObject
from pydantic import BaseModel, TypeAdapter


class OpenAIError(BaseModel):
    """What a chat stream that breaks ends with: the SDK takes the error out of its envelope."""

    error: ErrorObject


EVENTS: dict[str, TypeAdapter[Any]] = {
    "openai_chat.sse": TypeAdapter(ChatCompletionChunk | OpenAIError),
    "openai_chat_with_usage.sse": TypeAdapter(ChatCompletionChunk | OpenAIError),
    "openai_responses.sse": TypeAdapter(ResponseStreamEvent),
    "anthropic_messages.sse": TypeAdapter(RawMessageStreamEvent | ErrorResponse),
}
REPLIES: dict[str, TypeAdapter[Any]] = {
    "openai_chat.json": TypeAdapter(ChatCompletion),
    "openai_responses.json": TypeAdapter(Response),
    "anthropic_messages.json": TypeAdapter(Message),
}
# Anthropic's SDK lists the stop reasons, and one that nobody knows is told as it came.
UNLISTED = "stop-unheard-of"


def events_of(case: str, dialect: str) -> Iterator[Any]:
    for line in (FOLDER / case / dialect).read_text().split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("dialect", EVENTS)
@pytest.mark.parametrize("case", CASES)
def test_every_event_is_of_the_sdks_types(case: str, dialect: str) -> None:
    told = list(events_of(case, dialect))
    assert told
    for event in told if (case, dialect) != (UNLISTED, "anthropic_messages.sse") else told[:-2]:
        EVENTS[dialect].validate_python(event)


@pytest.mark.parametrize("dialect", REPLIES)
@pytest.mark.parametrize("case", [case for case in WHOLE if case != UNLISTED])
def test_every_whole_reply_is_of_the_sdks_types(case: str, dialect: str) -> None:
    REPLIES[dialect].validate_json((WHOLE_FOLDER / case / dialect).read_bytes())


@pytest.mark.parametrize("case", CASES)
def test_responses_number_their_events_from_nought(case: str) -> None:
    told = list(events_of(case, "openai_responses.sse"))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
