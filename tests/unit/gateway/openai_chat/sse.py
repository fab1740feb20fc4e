"""Reads server-sent events as the OpenAI SDK does, and joins chunks as its stream helpers do."""

import json

from openai.lib.streaming._deltas import accumulate_delta


def events_of(data):
    """Return the values of all `data:` events but `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in data.decode().split("\n\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def joined(data):
    """Return the message that the SDK makes of the chunks."""
    message = {}
    for event in events_of(data):
        for choice in event["choices"]:
            message = accumulate_delta(message, choice["delta"])
    return message
