"""The SDKs for Node.js, each in a process that answers one question after the other (`tests/integration/node`)."""

from collections.abc import Callable
from typing import Any, ClassVar

from integration.clients.faults import Expectation, Fault, aws_refusal, openai_breakage, openai_refusal
from integration.clients.outcome import Outcome, Target
from integration.clients.servants import Servant

# pi-ai puts these before what Bedrock says; other exceptions keep their names.
_PREFIXES = {
    "InternalServerException": "Internal server error",
    "ModelStreamErrorException": "Model stream error",
    "ServiceUnavailableException": "Service unavailable",
    "ThrottlingException": "Throttling error",
    "ValidationException": "Validation error",
}


def setup(target: Target, url: str) -> dict[str, Any]:
    """Return the members that every question to a client has."""
    return {"baseUrl": url, "key": target.key, "attempts": target.attempts}


class OpenAINode:
    """The OpenAI SDK for Node.js, over plain HTTP."""

    stops_with: ClassVar = "stop"
    cut_off_with: ClassVar = None

    def __init__(self, process: Servant) -> None:
        self.process = process

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Complete a chat; `members` are further members of the request."""
        request = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hello!"}], **members}
        return self.process.ask({**setup(target, target.url), "request": request}, on_text)

    def models(self, target: Target, which: str) -> Outcome:
        """Ask for the list of models ("list") or for one of them."""
        return self.process.ask({**setup(target, target.url), "models": which})

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it raises where a request is refused: a class for the status."""
        return openai_refusal(fault)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it raises where a stream breaks."""
        return openai_breakage(fault)


class AwsSdkNode:
    """The AWS SDK for JavaScript with NodeHttpHandler, over TLS."""

    stops_with: ClassVar = "end_turn"
    cut_off_with: ClassVar = None

    def __init__(self, process: Servant) -> None:
        self.process = process

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        http2: bool = False,
        **members: Any,
    ) -> Outcome:
        """Converse; `members` are further members of the request."""
        request = {"modelId": model, "messages": [{"role": "user", "content": [{"text": "Hello!"}]}], **members}
        question = {"stream": stream, "http2": http2, "request": request}
        return self.process.ask({**setup(target, target.tls_url), **question}, on_text)

    def models(self, target: Target, operation: str, **request: Any) -> Outcome:
        """Call an operation of the control plane; a list is read to its last page."""
        return self.process.ask({**setup(target, target.url), "models": operation, "request": request})

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it raises where a request is refused."""
        return aws_refusal(fault)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it raises where a stream breaks."""
        return Expectation(fault.aws_type, fault.words)


class Pi:
    """One of pi-ai's providers, as OpenClaw calls them; its failures are messages in which everything stands."""

    stops_with: ClassVar = "stop"

    def __init__(self, process: Servant, api: str, *, cut_off_with: str) -> None:
        self.process = process
        self.cut_off_with = cut_off_with
        self._api = api

    def ask(
        self,
        target: Target,
        model: str,
        *,
        on_text: Callable[[], object] | None = None,
        about: dict[str, Any] | None = None,
        context: dict[str, Any] | None = None,
        loop: dict[str, str] | None = None,
        http2: bool = False,
        **options: Any,
    ) -> Outcome:
        """Stream an answer. `about` are members of pi-ai's model, `loop` are results of tools by their names."""
        question = {
            **setup(target, target.url),
            "api": self._api,
            "model": {"id": model, **(about or {})},
            "context": context or {"messages": [{"role": "user", "content": "Hello!", "timestamp": 0}]},
            "loop": loop,
            "http2": http2,
            "options": options,
        }
        return self.process.ask(question, on_text)


class PiBedrock(Pi):
    """pi-ai's Bedrock provider."""

    def __init__(self, process: Servant, *, cut_off_with: str) -> None:
        super().__init__(process, "bedrock-converse-stream", cut_off_with=cut_off_with)

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it says where a request is refused."""
        return Expectation("error", f"{_PREFIXES.get(fault.aws_type, fault.aws_type)}: {fault.words}")

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it says where a stream breaks."""
        return Expectation("error", fault.words)


class PiOpenAI(Pi):
    """pi-ai's providers for chat completions and responses."""

    def __init__(self, process: Servant, *, api: str = "openai-completions", cut_off_with: str) -> None:
        super().__init__(process, api, cut_off_with=cut_off_with)

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it says where a request is refused."""
        return Expectation("error", fault.words)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it says where a stream breaks."""
        return Expectation("error", fault.words)
