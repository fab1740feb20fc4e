"""Reads streams of Responses as the OpenAI SDK does: its decoder, its types, its accumulation."""

import json

from openai import omit
from openai._models import construct_type
from openai._streaming import SSEDecoder
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseStreamEvent


def events_of(data):
    """Return the values of all events, each called as its value says, numbered from 0."""
    found = []
    for event in SSEDecoder().iter_bytes(iter([data])):
        value = json.loads(event.data)
        assert event.event == value["type"]
        assert value["sequence_number"] == len(found)
        found.append(value)
    return found


def helped(data):
    """Return the events that the SDK's stream helper makes of the bytes; it checks their order itself."""
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    told = []
    for value in events_of(data):
        if value["type"] != "error":
            told += state.handle_event(construct_type(type_=ResponseStreamEvent, value=value))
    return told
