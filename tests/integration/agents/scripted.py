"""Replies of a model's, scripted to the word."""

from copy import replace
from typing import Any

from sluice_local.bedrock_runtime import Delivery, Scenario, library_scenario
from sluice_local.bedrock_runtime.scenarios import blocks

_COUNTED = blocks.metadata(blocks.usage(21, 9), 120)


def says(words: str) -> Scenario:
    """Return a reply that is text."""
    said = blocks.text(0, [words[at : at + 4] for at in range(0, len(words), 4)])
    return Scenario("says", (blocks.message_start(), *said, blocks.message_stop("end_turn"), _COUNTED))


def uses(name: str, **arguments: Any) -> Scenario:
    """Return a reply that uses one tool, after a few words."""
    used = blocks.tool_use(1, "tooluse_emulator-0001", name, blocks.json_fragments(arguments))
    said = blocks.text(0, ["Let", " me."])
    return Scenario("uses", (blocks.message_start(), *said, *used, blocks.message_stop("tool_use"), _COUNTED))


def fault(name: str) -> Scenario:
    """Return a fault of the emulator's library; what comes before it comes in pieces of its own."""
    scenario = library_scenario(name)
    assert scenario
    return replace(scenario, delivery=Delivery(interval=0.03))
