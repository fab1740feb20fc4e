"""What a caller's rules make of a request to Bedrock: the cap on output tokens, the guardrail, who asks. Pure.

Everything here is Bedrock's own form. A native body stays as its client wrote it, byte for byte, unless the rules put
something into it that the client cannot be trusted to send.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from gateway.converse.fields import read_object
from gateway.errors import Forbidden, InvalidRequest
from gateway.outgoing import Outgoing
from gateway.rules import Rules

if TYPE_CHECKING:
    from sluice.policy import Guardrail

type Json = dict[str, Any]

CONVERSE = frozenset({"converse", "converse-stream"})
INVOKE = frozenset({"invoke", "invoke-with-response-stream"})

# The pair of requestMetadata under which Bedrock's logs name the caller.
ATTRIBUTION = "sluice_caller"
_MOST_METADATA = 16
_GUARDRAIL_HEADERS = ("x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion")
_METADATA_HEADER = "x-amzn-bedrock-request-metadata"

# Where a body says how many tokens may come out.
_CONVERSE_FIELDS = (("inferenceConfig", "maxTokens"),)
# The same in InvokeModel's bodies, by any model's name for it.
_INVOKE_FIELDS = (
    ("max_tokens",),
    ("max_completion_tokens",),
    ("max_output_tokens",),
    ("max_tokens_to_sample",),
    ("max_gen_len",),
    ("max_new_tokens",),
    ("maxTokens",),
    ("inferenceConfig", "maxTokens"),
    ("inferenceConfig", "max_new_tokens"),
    ("textGenerationConfig", "maxTokenCount"),
)


def shaped(rules: Rules, caller: str, asked: Outgoing) -> Outgoing:
    """Return the request as it may go out.

    Raises:
        InvalidRequest: it asks for more output than allowed, or does not say how much; or its body is no JSON.
        Forbidden: it names another guardrail than the one that is put on every request.
    """
    if asked.operation in CONVERSE:
        return _shaped_converse(rules, caller, asked)
    if asked.operation in INVOKE:
        return _shaped_invoke(rules, caller, asked)
    return asked


def output_tokens(asked: Outgoing) -> int | None:
    """Return how many output tokens a request says that it takes at most; None: it does not say."""
    body = read_object(asked.body)
    stated = (*_stated_limits(body, asked.operation), *_limits_in_extras(body, asked.operation))
    return max((limit for limit in stated if isinstance(limit, int)), default=None)


def service_tier(asked: Outgoing) -> str:
    """Return the service tier that a request asks for."""
    if asked.operation in INVOKE:
        return asked.headers.get("x-amzn-bedrock-service-tier", "default")
    tier = read_object(asked.body).get("serviceTier")
    return str(tier.get("type", "default")) if isinstance(tier, dict) else "default"


def _shaped_converse(rules: Rules, caller: str, asked: Outgoing) -> Outgoing:
    cap, guardrail = rules.max_output_tokens, rules.guardrail
    if cap is None and guardrail is None and not rules.attribution:
        return asked
    body = _strictly_read(asked.body) if asked.is_native else read_object(asked.body)
    is_changed = False
    if cap is not None:
        is_changed = _capped(body, cap, asked)
    if guardrail is not None:
        named = body.get("guardrailConfig")
        config = named if isinstance(named, dict) else {}
        _check_guardrail(config.get("guardrailIdentifier"), config.get("guardrailVersion"), guardrail)
        body["guardrailConfig"] = {
            **config,
            "guardrailIdentifier": guardrail.identifier,
            "guardrailVersion": guardrail.version,
        }
        is_changed = True
    if rules.attribution:
        body["requestMetadata"] = _attributed(body.get("requestMetadata"), caller)
        is_changed = True
    return _with_body(asked, body) if is_changed else asked


def _shaped_invoke(rules: Rules, caller: str, asked: Outgoing) -> Outgoing:
    headers = dict(asked.headers)
    if guardrail := rules.guardrail:
        identifier, version = map(headers.get, _GUARDRAIL_HEADERS)
        _check_guardrail(identifier, version, guardrail)
        headers |= dict(zip(_GUARDRAIL_HEADERS, (guardrail.identifier, guardrail.version), strict=True))
    if rules.attribution:
        named = headers.get(_METADATA_HEADER)
        headers[_METADATA_HEADER] = orjson.dumps(
            _attributed(read_object(named.encode()) if named else {}, caller)
        ).decode()
    # Our own InvokeModel requests are for embeddings, which have no output tokens.
    if rules.max_output_tokens is not None and asked.is_native:
        _capped(_strictly_read(asked.body), rules.max_output_tokens, asked)
    return Outgoing(asked.operation, headers, asked.body, asked.is_native)


def _capped(body: Json, cap: int, asked: Outgoing) -> bool:
    """Hold a body to the cap on output tokens, and tell whether that changed it."""
    stated = _stated_limits(body, asked.operation)
    for limit in (*stated, *_limits_in_extras(body, asked.operation)):
        if not isinstance(limit, int) or isinstance(limit, bool) or limit > cap:
            raise InvalidRequest(
                f"You may ask for {cap} output tokens at most in one request. Ask for fewer.", "max_tokens"
            )
    if stated:
        return False
    if asked.is_native:
        field = "inferenceConfig.maxTokens" if asked.operation in CONVERSE else "the model's limit of output tokens"
        raise InvalidRequest(
            f"You may ask for {cap} output tokens at most in one request, so the request must say {field}: Sluice does "
            "not change what AWS's clients send.",
            "inferenceConfig.maxTokens",
        )
    body["inferenceConfig"] = {**body.get("inferenceConfig", {}), "maxTokens": cap}
    return True


def _stated_limits(body: Json, operation: str) -> list[Any]:
    paths = _CONVERSE_FIELDS if operation in CONVERSE else _INVOKE_FIELDS
    return [value for path in paths if (value := _at(body, path)) is not None]


def _limits_in_extras(body: Json, operation: str) -> list[Any]:
    """Return what a Converse body says in the model's own words, which a model may go by rather than Converse's."""
    extras = body.get("additionalModelRequestFields") if operation in CONVERSE else None
    return _stated_limits(extras, "invoke") if isinstance(extras, dict) else []


def _at(body: Json, path: Sequence[str]) -> Any:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _check_guardrail(identifier: object, version: object, ours: "Guardrail") -> None:
    if identifier not in (None, ours.identifier) or version not in (None, ours.version):
        raise Forbidden(
            f"Your requests are under the guardrail {ours.identifier}, version {ours.version}, which cannot be "
            "replaced. Name that one or none."
        )


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


def _with_body(asked: Outgoing, body: Json) -> Outgoing:
    return Outgoing(asked.operation, asked.headers, orjson.dumps(body), asked.is_native)


def _strictly_read(body: bytes) -> Json:
    """Read a body of which Bedrock gets the very bytes: nothing may stand in it that Bedrock might read otherwise."""

    def once(pairs: Sequence[tuple[str, Any]]) -> Json:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise InvalidRequest("The body has a member twice in one object, which cannot be checked. Send it once.")
        return value

    try:
        # orjson takes the last of two members of one name, and cannot say that there were two.
        value = json.loads(body.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is no JSON that can be checked: {error}") from error
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value
