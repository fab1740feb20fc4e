"""The emulator's own endpoints under `/_emulator/`: scenarios in, recorded requests out. They need no credentials."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.frames import encode_json
from sluice_local.bedrock_runtime.recording import RecordedRequest
from sluice_local.bedrock_runtime.scenarios.library import library_names
from sluice_local.bedrock_runtime.scenarios.reading import ScenarioError, read_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.bedrock_runtime.scenarios.scripts import Scripts
from sluice_local.bedrock_runtime.service_model import OPERATIONS, Operation
from sluice_local.http_server import Exchange

PREFIX = "/_emulator/"


async def administer(exchange: Exchange, requests: deque[RecordedRequest], scripts: Scripts) -> None:
    """Answer one request to the emulator itself."""
    request = exchange.request
    match (request.method, request.target.removeprefix(PREFIX)):
        case ("GET", "requests"):
            await _respond(exchange, 200, {"requests": [recorded.to_json() for recorded in requests]})
        case ("DELETE", "requests"):
            requests.clear()
            await _respond(exchange, 200, {"requests": []})
        case ("GET", "scenarios"):
            await _respond(exchange, 200, {"queued": len(scripts), "library": list(library_names())})
        case ("DELETE", "scenarios"):
            scripts.clear()
            await _respond(exchange, 200, {"queued": 0})
        case ("POST", "scenarios"):
            await _queue(exchange, request.body, scripts)
        case _:
            await _respond(
                exchange, 404, {"message": f"{request.method} {request.target} is nothing of the emulator's"}
            )


async def _queue(exchange: Exchange, body: bytes, scripts: Scripts) -> None:
    try:
        queued = [_Queued(read_scenario(document), document) for document in _documents(body)]
    except ScenarioError as error:
        await _respond(exchange, 400, {"message": str(error)})
        return
    for entry in queued:
        scripts.add(entry.scenario, times=entry.times, operation=entry.operation, model=entry.model)
    await _respond(exchange, 200, {"queued": len(scripts)})


class _Queued:
    """A scenario and the calls it waits for. Raises `ScenarioError` for calls that cannot be."""

    def __init__(self, scenario: Scenario, document: Mapping[str, Any]) -> None:
        self.scenario = scenario
        self.times: int = document.get("times", 1)
        self.operation: Operation | None = document.get("operation")
        self.model: str = document.get("model", "*")
        if not isinstance(self.times, int) or self.times < 1:
            raise ScenarioError("times must be a number of calls, 1 or more")
        if self.operation not in (None, *OPERATIONS):
            raise ScenarioError(f"operation must be one of {', '.join(OPERATIONS)}")
        if not isinstance(self.model, str):
            raise ScenarioError("model must be a pattern for model ids (us.*)")


def _documents(body: bytes) -> Sequence[Mapping[str, Any]]:
    """Read one scenario or a list of them."""
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise ScenarioError(f"the body is not JSON: {error}") from error
    documents = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(document, dict) for document in documents):
        raise ScenarioError("a scenario is a JSON object")
    return documents


async def _respond(exchange: Exchange, status: int, document: Mapping[str, Any]) -> None:
    await exchange.respond(status, [("content-type", "application/json")], encode_json(document))
