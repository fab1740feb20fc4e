"""A framework as a servant of the tests: a question a line on standard input; its deltas as they come and its outcome,
a line each, on standard output. Times are seconds since the question. `tests/integration/node/serving.mjs` is alike.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import BaseModel, Field


class City(BaseModel):
    """A city, with limits that Bedrock's native structured output refuses to be told."""

    name: str = Field(description="What it is called.", min_length=1, max_length=100)
    inhabitants: int = Field(description="How many live there.", ge=0, le=100_000_000)


def get_weather(city: str) -> str:
    """Get the weather of a city.

    Args:
        city: What it is called.
    """
    return f"{city}: 21 °C"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: each prompt in its turn, after what was said before.

    url, tls_url, ca_bundle, key: the gateway. client: which of the script's. image: base64 of a PNG beside the first
    prompt. tools: `get_weather` is offered, and its results go back until there is an answer. parses: the answer is to
    be a City. reasons, caches: so it is asked for, in the framework's own way.
    """

    url: str
    tls_url: str
    ca_bundle: str
    key: str
    client: str
    model: str
    prompts: list[str]
    system: str = ""
    stream: bool = False
    image: str = ""
    tools: bool = False
    parses: bool = False
    reasons: bool = False
    caches: bool = False


@dataclass(slots=True)
class Answer:
    """What the framework made of it.

    usage, cached: the last reply's tokens in and out, and those of the first that came from the cache. reasoning: what
    it shows of that. calls: the cities whose weather was asked.
    """

    stop_reason: str | None = None
    usage: tuple[int, int] | None = None
    cached: int = 0
    reasoning: str = ""
    calls: list[str] = field(default_factory=list)
    city: dict[str, Any] | None = None


type Delta = Callable[[str], None]
type Ask = Callable[[Question, Delta], Answer]


def serve(ask: Ask) -> None:
    """Answer questions until standard input ends. `ask` calls its second argument for each piece of text."""
    output = sys.stdout

    def tell(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=output, flush=True)

    for line in sys.stdin:
        started = time.perf_counter()

        def delta(text: str, started: float = started) -> None:
            tell({"delta": text, "at": time.perf_counter() - started})

        try:
            # Frameworks print what they like.
            with redirect_stdout(sys.stderr):
                told = _told(ask(Question(**json.loads(line)), delta))
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is what the tests want to know
            told = {"failure": _described(error)}
        tell({**told, "seconds": time.perf_counter() - started})


def _told(answer: Answer) -> dict[str, Any]:
    reply = asdict(answer)
    return {"stopReason": reply.pop("stop_reason"), "usage": reply.pop("usage"), "reply": reply}


def _described(error: Exception) -> dict[str, Any]:
    """Describe an exception; AWS's have their code and status in the response."""
    response = getattr(error, "response", None)
    aws = response if isinstance(response, dict) else {}
    return {
        "kind": type(error).__name__,
        "status": getattr(error, "status_code", None) or aws.get("ResponseMetadata", {}).get("HTTPStatusCode"),
        "message": str(error),
        "code": getattr(error, "code", None) or aws.get("Error", {}).get("Code"),
    }
