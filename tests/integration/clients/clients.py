"""Every client there is, by the name under which tests speak of it."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any, Protocol

from integration.clients.faults import Expectation, Fault
from integration.clients.node_clients import AwsSdkNode, NodeProcess, OpenAINode, PiBedrock, PiOpenAI
from integration.clients.outcome import Outcome, Target
from integration.clients.python_clients import AsyncOpenAIPython, Boto3, OpenAIPython

NATIVE = ("boto3", "aws-sdk-node", "pi-0.73-bedrock", "pi-1.3-bedrock")
OPENAI = ("openai-python", "openai-python-async", "openai-node", "pi-0.73-openai", "pi-1.3-openai")
# Clients that can ask for an answer in one piece; pi-ai always streams.
WHOLE = ("boto3", "aws-sdk-node", "openai-python", "openai-python-async", "openai-node")
EVERY = NATIVE + OPENAI


class Client(Protocol):
    """A client of one SDK.

    stops_with: its word for Bedrock's end_turn. cut_off_with: the stop reason it gives where an answer ends in good
    order for HTTP, and before its end: "error" is right, None is a gap that its user can see, anything else a lie.
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


class Clients:
    """Gives clients by their names; those for Node.js start with their first use."""

    def __init__(self, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        self._processes: dict[str, NodeProcess] = {}
        self._closing = ExitStack()

    def __getitem__(self, name: str) -> Client:
        match name:
            case "boto3":
                return Boto3()
            case "openai-python":
                return OpenAIPython()
            case "openai-python-async":
                return AsyncOpenAIPython()
            case "openai-node":
                return OpenAINode(self._process("openai.mjs"))
            case "aws-sdk-node":
                return AwsSdkNode(self._process("aws-sdk.mjs"))
            case "pi-0.73-bedrock":
                return PiBedrock(self._process("pi-0.73.mjs"), cut_off_with="stop")
            case "pi-1.3-bedrock":
                return PiBedrock(self._process("pi-1.3.mjs"), cut_off_with="error")
            case "pi-0.73-openai":
                return PiOpenAI(self._process("pi-0.73.mjs"), cut_off_with="stop")
            case "pi-1.3-openai":
                return PiOpenAI(self._process("pi-1.3.mjs"), cut_off_with="error")
        raise KeyError(name)

    def close(self) -> None:
        """End the processes."""
        self._closing.close()

    def _process(self, script: str) -> NodeProcess:
        if script not in self._processes:
            self._processes[script] = self._closing.enter_context(closing(NodeProcess(script, self._ca_bundle)))
        return self._processes[script]
