"""Every client there is, by the name under which tests speak of it."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, Protocol

from integration.clients.anthropic_clients import AnthropicNode, AnthropicPython, AsyncAnthropicPython, PiAnthropic
from integration.clients.faults import Expectation, Fault
from integration.clients.node_clients import AwsSdkNode, OpenAINode, PiBedrock, PiOpenAI
from integration.clients.outcome import Outcome, Target
from integration.clients.python_clients import AsyncOpenAIPython, Boto3, OpenAIPython
from integration.clients.servants import Servant, node_servant

NATIVE = ("boto3", "aws-sdk-node", "pi-0.73-bedrock", "pi-1.3-bedrock")
OPENAI = (
    *("openai-python", "openai-python-async", "openai-node"),
    *("pi-0.73-openai", "pi-1.3-openai", "pi-0.73-responses", "pi-1.3-responses"),
)
ANTHROPIC = ("anthropic-python", "anthropic-python-async", "anthropic-node", "pi-0.73-anthropic", "pi-1.3-anthropic")
EVERY = NATIVE + OPENAI + ANTHROPIC
# Clients that can ask for an answer in one piece; pi-ai always streams.
WHOLE = tuple(name for name in EVERY if not name.startswith("pi-"))


class Client(Protocol):
    """A client of one SDK.

    stops_with: its word for Bedrock's end_turn. cut_off_with: the stop reason it gives where an answer ends in good
    order for HTTP, and before its end: "error" (or that it raises) is right, None is a gap that its user can see,
    anything else a lie.
    """

    stops_with: str
    cut_off_with: str | None

    def ask(
        self, target: Target, model: str, *, on_text: Callable[[], object] | None = None, **members: Any
    ) -> Outcome:
        """Say hello to a model and stream its answer."""

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it must show where a request is refused."""

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it must show where a stream breaks."""


_IN_PYTHON: dict[str, Callable[[], Client]] = {
    "boto3": Boto3,
    "openai-python": OpenAIPython,
    "openai-python-async": AsyncOpenAIPython,
    "anthropic-python": AnthropicPython,
    "anthropic-python-async": AsyncAnthropicPython,
}
# For Node.js: the script, and what asks it.
_IN_NODE: dict[str, tuple[str, Callable[[Servant], Client]]] = {
    "openai-node": ("openai.mjs", OpenAINode),
    "anthropic-node": ("anthropic.mjs", AnthropicNode),
    "aws-sdk-node": ("aws-sdk.mjs", AwsSdkNode),
    "pi-0.73-bedrock": ("pi-0.73.mjs", partial(PiBedrock, cut_off_with="stop")),
    "pi-1.3-bedrock": ("pi-1.3.mjs", partial(PiBedrock, cut_off_with="error")),
    "pi-0.73-openai": ("pi-0.73.mjs", partial(PiOpenAI, cut_off_with="stop")),
    "pi-1.3-openai": ("pi-1.3.mjs", partial(PiOpenAI, cut_off_with="error")),
    "pi-0.73-responses": ("pi-0.73.mjs", partial(PiOpenAI, api="openai-responses", cut_off_with="stop")),
    "pi-1.3-responses": ("pi-1.3.mjs", partial(PiOpenAI, api="openai-responses", cut_off_with="error")),
    "pi-0.73-anthropic": ("pi-0.73.mjs", partial(PiAnthropic, cut_off_with="error")),
    "pi-1.3-anthropic": ("pi-1.3.mjs", partial(PiAnthropic, cut_off_with="error")),
}


class Clients:
    """Gives clients by their names; those for Node.js start with their first use."""

    def __init__(self, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        self._processes: dict[str, Servant] = {}
        self._closing = ExitStack()

    def __getitem__(self, name: str) -> Client:
        if name in _IN_PYTHON:
            return _IN_PYTHON[name]()
        script, make = _IN_NODE[name]
        return make(self._process(script))

    def close(self) -> None:
        """End the processes."""
        self._closing.close()

    def _process(self, script: str) -> Servant:
        if script not in self._processes:
            self._processes[script] = self._closing.enter_context(closing(node_servant(script, self._ca_bundle)))
        return self._processes[script]
