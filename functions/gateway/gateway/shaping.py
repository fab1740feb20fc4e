"""What a caller's rules make of a request to Bedrock: the cap on output tokens, the guardrail, who asks. Pure.

Everything here is Bedrock's own form. A native body stays as its client wrote it, byte for byte, unless the rules put
something into it that the client cannot be trusted to send.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from gateway.errors import Forbidden, InvalidRequest
from gateway.outgoing import CONVERSE, INVOKE, Outgoing, read_body
from gateway.output_limits import StatedOutput, stated_output
from gateway.rules import Rules

if TYPE_CHECKING:
    from sluice.model_row import ModelRow
    from sluice.policy import Guardrail

type Json = dict[str, Any]

# The pair of requestMetadata under which Bedrock's logs name the caller.
ATTRIBUTION = "sluice_caller"
_MOST_METADATA = 16
_GUARDRAIL_HEADERS = ("x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion")
_METADATA_HEADER = "x-amzn-bedrock-request-metadata"

# The member of InvokeModel's bodies that tells a guardrail how to work.
_GUARDRAIL_MEMBER = "amazon-bedrock-guardrailConfig"


def shaped(rules: Rules, caller: str, asked: Outgoing, row: "ModelRow | None") -> Outgoing:
    """Return the request as it may go out; `row` is that of the model it goes to.

    Raises:
        InvalidRequest: it asks for more output than allowed, or does not say how much; or its body cannot be checked.
        Forbidden: it names another guardrail than the one that is put on every request, or hides something from it.
    """
    if asked.operation in CONVERSE:
        return _shaped_converse(rules, caller, asked, row)
    if asked.operation in INVOKE:
        return _shaped_invoke(rules, caller, asked, row)
    return asked


def _shaped_converse(rules: Rules, caller: str, asked: Outgoing, row: "ModelRow | None") -> Outgoing:
    cap, guardrail = rules.max_output_tokens, rules.guardrail
    if cap is None and guardrail is None and not rules.attribution:
        return asked
    body = read_body(asked)
    is_changed = False
    if cap is not None:
        is_changed = _capped(body, cap, asked, row)
    if guardrail is not None:
        body["guardrailConfig"] = _guarded(body, guardrail)
        is_changed = True
    if rules.attribution:
        body["requestMetadata"] = _attributed(body.get("requestMetadata"), caller)
        is_changed = True
    return Outgoing(asked.operation, asked.headers, orjson.dumps(body), asked.is_native) if is_changed else asked


def _shaped_invoke(rules: Rules, caller: str, asked: Outgoing, row: "ModelRow | None") -> Outgoing:
    headers = dict(asked.headers)
    if guardrail := rules.guardrail:
        identifier, version = map(headers.get, _GUARDRAIL_HEADERS)
        _check_guardrail(identifier, version, guardrail)
        headers |= dict(zip(_GUARDRAIL_HEADERS, (guardrail.identifier, guardrail.version), strict=True))
        if asked.is_native and _GUARDRAIL_MEMBER in read_body(asked):
            raise _hidden_from(guardrail, _GUARDRAIL_MEMBER)
    if rules.attribution:
        headers[_METADATA_HEADER] = _metadata_header(headers.get(_METADATA_HEADER, "{}"), caller)
    # Our own InvokeModel requests are for embeddings, which have no output tokens.
    if rules.max_output_tokens is not None and asked.is_native and (row is None or "TEXT" in row.output_modalities):
        _capped(read_body(asked), rules.max_output_tokens, asked, row)
    return Outgoing(asked.operation, headers, asked.body, asked.is_native)


def _capped(body: Json, cap: int, asked: Outgoing, row: "ModelRow | None") -> bool:
    """Hold a body to the cap on output tokens, and tell whether that changed it."""
    stated = stated_output(body, asked.operation, row)
    if not stated.is_countable or stated.most(cap) > cap:
        raise InvalidRequest(
            f"You may ask for {cap} output tokens at most in one request. Ask for fewer.", "max_tokens"
        )
    if stated.limits:
        return False
    if asked.is_native:
        raise _unsaid(cap, asked, stated)
    body["inferenceConfig"] = {**body.get("inferenceConfig", {}), "maxTokens": cap}
    return True


def _unsaid(cap: int, asked: Outgoing, stated: StatedOutput) -> InvalidRequest:
    field = "inferenceConfig.maxTokens" if asked.operation in CONVERSE else "the model's limit of output tokens"
    said = " in the field that this model goes by" if stated.others else ""
    return InvalidRequest(
        f"You may ask for {cap} output tokens at most in one request, so the request must say {field}{said}: Sluice "
        "does not change what AWS's clients send.",
        "inferenceConfig.maxTokens",
    )


def _guarded(body: Json, ours: "Guardrail") -> Json:
    """Return guardrailConfig with our guardrail in it, if the body hides nothing from that."""
    named = body.get("guardrailConfig")
    config = named if isinstance(named, dict) else {}
    _check_guardrail(config.get("guardrailIdentifier"), config.get("guardrailVersion"), ours)
    if config.get("streamProcessingMode", "sync") != "sync":
        # What is asynchronous has been sent when the guardrail finds it.
        raise _hidden_from(ours, "guardrailConfig.streamProcessingMode other than sync")
    if any("guardContent" in block for block in _blocks(body)):
        # With one of them in a request, the guardrail looks at nothing else.
        raise _hidden_from(ours, "guardContent")
    extras = body.get("additionalModelRequestFields")
    if isinstance(extras, dict) and _GUARDRAIL_MEMBER in extras:
        raise _hidden_from(ours, _GUARDRAIL_MEMBER)
    return {**config, "guardrailIdentifier": ours.identifier, "guardrailVersion": ours.version}


def _blocks(body: Json) -> Iterator[Json]:
    """Yield the blocks of the prompt; what has the form of none Bedrock refuses."""
    messages = body.get("messages")
    said = messages if isinstance(messages, list) else []
    for owner in (body.get("system"), *(message.get("content") for message in said if isinstance(message, dict))):
        if isinstance(owner, list):
            yield from (block for block in owner if isinstance(block, dict))


def _check_guardrail(identifier: object, version: object, ours: "Guardrail") -> None:
    if identifier not in (None, ours.identifier) or version not in (None, ours.version):
        raise Forbidden(
            f"Your requests are under the guardrail {ours.identifier}, version {ours.version}, which cannot be "
            "replaced. Name that one or none."
        )


def _hidden_from(ours: "Guardrail", what: str) -> Forbidden:
    return Forbidden(
        f"Your requests are under the guardrail {ours.identifier}, version {ours.version}, all of them: {what} would "
        "hide a part from it. Leave that out."
    )


def _metadata_header(named: str, caller: str) -> str:
    try:
        pairs = orjson.loads(named)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The header {_METADATA_HEADER} is no JSON: {error}") from error
    # A header takes ASCII only.
    return json.dumps(_attributed(pairs, caller), separators=(",", ":"))


def _attributed(named: object, caller: str) -> Json:
    """Return requestMetadata with the caller in it, whatever the client wrote there under that name."""
    pairs = named if isinstance(named, dict) else {}
    attributed = {**pairs, ATTRIBUTION: caller[:256]}
    if len(attributed) > _MOST_METADATA:
        raise InvalidRequest(
            f"requestMetadata has {len(pairs)} pairs. Bedrock takes {_MOST_METADATA}, and Sluice adds {ATTRIBUTION}.",
            "requestMetadata",
        )
    return attributed
