"""Reads streams of Messages as the Anthropic SDK does: its decoder, its types, its accumulation."""

from anthropic._models import construct_type
from anthropic._streaming import SSEDecoder
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent


def events_of(data):
    """Return the values of all events, each called as its value says."""
    found = []
    for event in SSEDecoder().iter_bytes(iter([data])):
        value = event.json()
        assert event.event == value["type"]
        found.append(value)
    return found


def joined(data):
    """Return the message that the SDK makes of a stream's events."""
    message, buffers = None, {}
    for value in events_of(data):
        if value["type"] in ("ping", "error"):
            continue
        event = construct_type(type_=RawMessageStreamEvent, value=value)
        message = accumulate_event(event=event, current_snapshot=message, json_bufs=buffers)
    return message
