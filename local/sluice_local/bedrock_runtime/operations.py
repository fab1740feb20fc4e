"""Each operation of Bedrock Runtime: from a route, headers and a body to an answer."""

from collections.abc import Callable, Mapping
from typing import Any

from sluice_local.bedrock_runtime.answer import Answer, events_of, json_answer, refusal_answer, stream_answer
from sluice_local.bedrock_runtime.answering.reply import Answering
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.errors import invalid
from sluice_local.bedrock_runtime.models import FindModel, Model, scenario_model
from sluice_local.bedrock_runtime.scenarios.library import library_scenario, library_schedule, scenario_name
from sluice_local.bedrock_runtime.scenarios.scenario import Delivery, Scenario
from sluice_local.bedrock_runtime.scenarios.scripts import Scripts
from sluice_local.bedrock_runtime.schedule import schedule_stream
from sluice_local.bedrock_runtime.service_model import Operation, Route


class Operations:
    """The operations over one set of models, one queue of scripts and one memory of cached prompts."""

    def __init__(self, find_model: FindModel, scripts: Scripts, answering: Answering, pace: float) -> None:
        self._find_model = find_model
        self._scripts = scripts
        self._answering = answering
        self._pace = pace
        self._operations: Mapping[Operation, Callable[[Route, Mapping[str, str], bytes], Answer]] = {
            "Converse": self._converse,
            "ConverseStream": self._converse_stream,
        }

    def answer(self, route: Route, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to a request that may come in. Raises `ServiceError`."""
        return self._operations[route.operation](route, headers, body)

    def _converse(self, route: Route, headers: Mapping[str, str], body: bytes) -> Answer:
        scenario = self._scenario(route, headers, body)
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        return json_answer(assemble(events_of(scenario)), scenario.steps, scenario.delivery)

    def _converse_stream(self, route: Route, headers: Mapping[str, str], body: bytes) -> Answer:
        scenario = self._scenario(route, headers, body)
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        return stream_answer(library_schedule(scenario.name) or schedule_stream(scenario.steps, scenario.delivery))

    def _scenario(self, route: Route, headers: Mapping[str, str], body: bytes) -> Scenario:
        """Return what answers a call: the library's scenario of that model id, a queued one, or the emulator's own."""
        request = decode_request(route.operation, route.labels, headers, body)
        model_id = route.labels["modelId"]
        model, scenario = self._model(model_id)
        check_conversation(request)
        if scenario is None:
            check_model(request, model, streaming=route.operation == "ConverseStream")
            scenario = self._scripts.take(route.operation, model_id)
        if scenario and not (scenario.asks_tools and _has_tool_results(request)):
            return scenario
        return Scenario("own", self._answering.reply(request, model), delivery=Delivery(interval=self._pace))

    def _model(self, model_id: str) -> tuple[Model, Scenario | None]:
        name = scenario_name(model_id)
        if name is None:
            return self._find_model(model_id), None
        scenario = library_scenario(name)
        if scenario is None:
            raise invalid("The provided model identifier is invalid.")
        return scenario_model(model_id), scenario


def _has_tool_results(request: Mapping[str, Any]) -> bool:
    messages = request.get("messages") or [{"content": []}]
    return any("toolResult" in block for block in messages[-1]["content"])
