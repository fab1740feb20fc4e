"""Which format an InvokeModel body has, and both directions of each: Anthropic's, Nova's, and embeddings apart."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.checks.validation import decode_member
from sluice_local.bedrock_runtime.errors import invalid
from sluice_local.bedrock_runtime.invoke.anthropic_replies import chunk_event, message_of, message_steps
from sluice_local.bedrock_runtime.invoke.anthropic_requests import VERSION_FIELD, converse_request
from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.scenarios.scenario import Event, Step

_NOVA_FIELDS = ("messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields")


@dataclass(frozen=True, slots=True)
class Dialect:
    """A model's own format: a body as a Converse request, a reply as one document or as steps of `chunk` events."""

    request: Callable[[Mapping[str, Any]], dict[str, Any]]
    document: Callable[[Sequence[Event], str], dict[str, Any]]
    steps: Callable[[Sequence[Step], str], Iterable[Step]]


def dialect_of(model: Model, body: Mapping[str, Any]) -> Dialect:
    """Return the format of a body. Raises ValidationException for models whose format the emulator does not speak."""
    if model.provider == "anthropic" or VERSION_FIELD in body:
        return ANTHROPIC
    if model.base_id.startswith(("amazon.nova", "emulator.", "account.")):
        return NOVA
    raise invalid(
        f"The emulator does not speak the InvokeModel format of {model.asked}: it knows Anthropic's, Nova's, and "
        "embeddings. Use Converse."
    )


def request_of(dialect: Dialect, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as a Converse request held against the service model, blobs as bytes."""
    try:
        request = dialect.request(body)
    except (AttributeError, TypeError, KeyError) as error:
        raise invalid("Malformed input request, please reformat your input and try again.") from error
    decoded = {name: decode_member("Converse", name, value) for name, value in request.items()}
    return {"messages": [], **decoded}


def parse_body(body: bytes) -> dict[str, Any]:
    """Return an InvokeModel body. Raises ValidationException where it is no JSON object."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("Malformed input request, please reformat your input and try again.")
    return parsed


def _nova_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Nova's format is Converse's, with a version and a few members less."""
    unknown = sorted(set(body) - {*_NOVA_FIELDS, "schemaVersion"})
    if unknown:
        raise invalid(
            f"Malformed input request: #: extraneous key [{unknown[0]}] is not permitted, please reformat your input "
            "and try again."
        )
    return {name: body[name] for name in _NOVA_FIELDS if name in body}


def _nova_document(events: Sequence[Event], _: str) -> dict[str, Any]:
    return {name: value for name, value in assemble(events).items() if name != "metrics"}


def _nova_steps(steps: Sequence[Step], _: str) -> Iterable[Step]:
    for step in steps:
        yield chunk_event({step.type: dict(step.payload)}, step) if isinstance(step, Event) else step


ANTHROPIC = Dialect(converse_request, message_of, message_steps)
NOVA = Dialect(_nova_request, _nova_document, _nova_steps)
