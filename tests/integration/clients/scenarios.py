"""Answers of Bedrock's that the tests time to the word."""

from sluice_local.bedrock_runtime import Scenario, Wait
from sluice_local.bedrock_runtime.scenarios import replies
from sluice_local.bedrock_runtime.scenarios.samples import PLAIN_PIECES

# A model of the emulator's catalog; what it answers is scripted.
MODEL = "amazon.nova-lite-v1:0"

PLAIN = Scenario("plain", replies.plain())
# What the plain answer says and counts.
TEXT = "".join(PLAIN_PIECES)
USAGE = (27, len(PLAIN_PIECES))

_start, _first, _second, *_rest = replies.plain()
# A word, 0.3 s of silence, a word, 0.3 s of silence, the rest.
HESITANT = Scenario("hesitant", (_start, _first, Wait(0.3), _second, Wait(0.3), *_rest))
# Two words and then nothing.
SILENT = Scenario("silent", (_start, _first, _second, Wait(3600.0), *_rest))
# What has been said when the silence, or a fault of the emulator's library, begins.
FIRST_WORDS = "".join(PLAIN_PIECES[:2])
