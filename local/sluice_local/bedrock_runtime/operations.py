"""Each operation of Bedrock Runtime: from a route, headers and a body to an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_local.bedrock_runtime.answer import Answer, events_of, json_answer, refusal_answer, stream_answer
from sluice_local.bedrock_runtime.answering.guardrails import apply_guardrail, check_exists
from sluice_local.bedrock_runtime.answering.prompt_cache import count_input
from sluice_local.bedrock_runtime.answering.reply import Answering
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.checks.abilities import abilities_of
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.errors import invalid
from sluice_local.bedrock_runtime.invoke.dialects import dialect_of, parse_body, request_of
from sluice_local.bedrock_runtime.invoke.embeddings import embed
from sluice_local.bedrock_runtime.models import FindModel, Model, no_on_demand, scenario_model
from sluice_local.bedrock_runtime.scenarios.library import library_scenario, library_schedule, scenario_name
from sluice_local.bedrock_runtime.scenarios.scenario import Delivery, Scenario
from sluice_local.bedrock_runtime.scenarios.scripts import Scripts
from sluice_local.bedrock_runtime.schedule import Schedule, schedule_stream
from sluice_local.bedrock_runtime.service_model import Operation, Route


@dataclass(frozen=True, slots=True)
class _Call:
    """A request on its way: the route, the input held against the service model, and the body as it came."""

    route: Route
    input: Mapping[str, Any]
    body: bytes

    @property
    def operation(self) -> Operation:
        return self.route.operation

    @property
    def model_id(self) -> str:
        return self.route.labels["modelId"]


class Operations:
    """The operations over one set of models, one queue of scripts and one memory of cached prompts."""

    def __init__(self, find_model: FindModel, scripts: Scripts, answering: Answering, pace: float) -> None:
        self._find_model = find_model
        self._scripts = scripts
        self._answering = answering
        self._pace = pace
        self._operations: Mapping[Operation, Callable[[_Call], Answer]] = {
            "Converse": self._converse,
            "ConverseStream": self._converse_stream,
            "InvokeModel": self._invoke,
            "InvokeModelWithResponseStream": self._invoke_stream,
            "CountTokens": self._count_tokens,
            "ApplyGuardrail": self._apply_guardrail,
        }

    def answer(self, route: Route, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to a request that may come in. Raises `ServiceError`."""
        given = decode_request(route.operation, route.labels, headers, body)
        return self._operations[route.operation](_Call(route, given, body))

    def _converse(self, call: _Call) -> Answer:
        scenario = self._scenario(call, *self._model(call.model_id), call.input)
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        return json_answer(assemble(events_of(scenario)), scenario)

    def _converse_stream(self, call: _Call) -> Answer:
        scenario = self._scenario(call, *self._model(call.model_id), call.input)
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        return stream_answer(_schedule(scenario))

    def _invoke(self, call: _Call) -> Answer:
        model, named = self._model(call.model_id)
        body = parse_body(call.body)
        if "EMBEDDING" in model.output_modalities:
            embedded, tokens = embed(model.base_id, body)
            return json_answer(embedded, headers=_token_headers({"inputTokens": tokens}))
        dialect = dialect_of(model, body)
        scenario = self._scenario(call, model, named, request_of(dialect, body))
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        events = events_of(scenario)
        counted: Mapping[str, int] = assemble(events).get("usage", {})
        return json_answer(dialect.document(events, model.base_id), scenario, _token_headers(counted))

    def _invoke_stream(self, call: _Call) -> Answer:
        model, named = self._model(call.model_id)
        body = parse_body(call.body)
        dialect = dialect_of(model, body)
        scenario = self._scenario(call, model, named, request_of(dialect, body))
        if scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        steps = tuple(dialect.steps(scenario.steps, model.base_id))
        return stream_answer(
            schedule_stream(steps, scenario.delivery), (("x-amzn-bedrock-content-type", "application/json"),)
        )

    def _count_tokens(self, call: _Call) -> Answer:
        scenario = self._scripted(call)
        if scenario and scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        model, named = self._named(call.model_id)
        if named and named.refusal:
            return refusal_answer(named.refusal, named.delivery)
        if model.through_profile:
            raise invalid("The provided model identifier is invalid.")
        if not abilities_of(model.base_id).counts_tokens:
            raise invalid("The provided model doesn't support counting tokens.")
        return json_answer({"inputTokens": count_input(_counted_request(model, call.input["input"]))})

    def _apply_guardrail(self, call: _Call) -> Answer:
        scenario = self._scripts.take(call.operation, "")
        if scenario and scenario.refusal:
            return refusal_answer(scenario.refusal, scenario.delivery)
        check_exists(call.input["guardrailIdentifier"])
        return json_answer(apply_guardrail(call.input["content"]))

    def _scenario(self, call: _Call, model: Model, named: Scenario | None, request: Mapping[str, Any]) -> Scenario:
        """Return what answers a call: the library's scenario of that model id, a queued one, or the emulator's own."""
        check_conversation(request)
        if named is None:
            check_model(request, model, streaming=call.operation.endswith("Stream"))
        scenario = named or self._scripted(call)
        if scenario and not (scenario.asks_tools and _has_tool_results(request)):
            return scenario
        return Scenario("own", self._answering.reply(request, model), delivery=Delivery(interval=self._pace))

    def _scripted(self, call: _Call) -> Scenario | None:
        return self._scripts.take(call.operation, call.model_id)

    def _model(self, model_id: str) -> tuple[Model, Scenario | None]:
        """Return a model that can be invoked by this name, and the scenario where the name is one's."""
        model, named = self._named(model_id)
        if not model.on_demand:
            raise no_on_demand(model)
        return model, named

    def _named(self, model_id: str) -> tuple[Model, Scenario | None]:
        name = scenario_name(model_id)
        if name is None:
            return self._find_model(model_id), None
        scenario = library_scenario(name)
        if scenario is None:
            raise invalid("The provided model identifier is invalid.")
        return scenario_model(model_id), scenario


def _schedule(scenario: Scenario) -> Schedule:
    """Return a stream's bytes; those of the library are encoded once."""
    if library_scenario(scenario.name) is scenario:
        return library_schedule(scenario.name)
    return schedule_stream(scenario.steps, scenario.delivery)


def _has_tool_results(request: Mapping[str, Any]) -> bool:
    return any("toolResult" in block for block in request["messages"][-1]["content"])


def _counted_request(model: Model, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the Converse request whose tokens are asked for."""
    if "converse" in given:
        converse: Mapping[str, Any] = given["converse"]
        return converse
    body = parse_body(given["invokeModel"]["body"])
    return request_of(dialect_of(model, body), body)


_TOKEN_HEADERS = {
    "x-amzn-bedrock-input-token-count": "inputTokens",
    "x-amzn-bedrock-output-token-count": "outputTokens",
    "x-amzn-bedrock-cache-read-input-token-count": "cacheReadInputTokens",
    "x-amzn-bedrock-cache-write-input-token-count": "cacheWriteInputTokens",
}


def _token_headers(usage: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    return tuple((header, str(usage.get(name, 0))) for header, name in _TOKEN_HEADERS.items())
