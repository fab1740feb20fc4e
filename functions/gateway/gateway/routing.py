"""The route table: raw path and method → dialect, operation and the name in the path.

Only the raw path decides; a header, a query or an encoding cannot make a route public.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote

from gateway.errors import InvalidRequest, MethodNotAllowed, UnknownRoute


class Dialect(StrEnum):
    """A wire format a client speaks."""

    NATIVE = "native"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Operation(StrEnum):
    """What is asked for."""

    HEALTH = "health"
    CONVERSE = "converse"
    CONVERSE_STREAM = "converse-stream"
    INVOKE = "invoke"
    INVOKE_STREAM = "invoke-with-response-stream"
    COUNT_TOKENS = "count-tokens"
    APPLY_GUARDRAIL = "apply-guardrail"
    CHAT_COMPLETIONS = "chat-completions"
    RESPONSES = "responses"
    STORED_RESPONSE = "stored-response"
    EMBEDDINGS = "embeddings"
    MESSAGES = "messages"
    COUNT_MESSAGE_TOKENS = "count-message-tokens"
    LIST_MODELS = "list-models"
    GET_MODEL = "get-model"
    LIST_FOUNDATION_MODELS = "list-foundation-models"
    GET_FOUNDATION_MODEL = "get-foundation-model"
    LIST_INFERENCE_PROFILES = "list-inference-profiles"
    GET_INFERENCE_PROFILE = "get-inference-profile"
    OPENCLAW_CONFIG = "openclaw-config"
    USAGE = "usage"


class Route(NamedTuple):
    """Where a request goes. `name` is the model's or guardrail's name where the path holds one, decoded once."""

    dialect: Dialect
    operation: Operation
    name: str = ""
    version: str = ""


class _Row(NamedTuple):
    method: str
    path: str
    dialect: Dialect
    operation: Operation
    pattern: re.Pattern[str] | None

    def groups(self, path: str) -> tuple[str, ...] | None:
        """Return the names in the path; None: it is not this row's."""
        if self.pattern is None:
            return () if path == self.path else None
        match = self.pattern.fullmatch(path)
        return match.groups() if match else None


def _row(method: str, path: str, dialect: Dialect, operation: Operation) -> _Row:
    # Each pattern takes 0.2 ms of a cold start to compile; a fixed path needs none.
    pattern = re.compile(path, re.ASCII) if "[" in path or "(" in path else None
    return _Row(method, path, dialect, operation, pattern)


# OpenAI's own operations on responses are no ids.
_STORED_RESPONSE = r"/v1/responses/(?!compact$|input_tokens$)[^/]+(?:/input_items)?"

_ROUTES = (
    _row("POST", r"/model/(.+)/converse-stream", Dialect.NATIVE, Operation.CONVERSE_STREAM),
    _row("POST", r"/model/(.+)/converse", Dialect.NATIVE, Operation.CONVERSE),
    _row("POST", r"/model/(.+)/invoke-with-response-stream", Dialect.NATIVE, Operation.INVOKE_STREAM),
    _row("POST", r"/model/(.+)/invoke", Dialect.NATIVE, Operation.INVOKE),
    _row("POST", r"/model/(.+)/count-tokens", Dialect.NATIVE, Operation.COUNT_TOKENS),
    _row("POST", r"/guardrail/(.+)/version/(DRAFT|[0-9]{1,8})/apply", Dialect.NATIVE, Operation.APPLY_GUARDRAIL),
    _row("POST", "/v1/chat/completions", Dialect.OPENAI, Operation.CHAT_COMPLETIONS),
    _row("POST", "/v1/responses", Dialect.OPENAI, Operation.RESPONSES),
    _row("GET", _STORED_RESPONSE, Dialect.OPENAI, Operation.STORED_RESPONSE),
    _row("DELETE", _STORED_RESPONSE, Dialect.OPENAI, Operation.STORED_RESPONSE),
    _row("POST", r"/v1/responses/[^/]+/cancel", Dialect.OPENAI, Operation.STORED_RESPONSE),
    _row("POST", "/v1/embeddings", Dialect.OPENAI, Operation.EMBEDDINGS),
    _row("POST", "/v1/messages", Dialect.ANTHROPIC, Operation.MESSAGES),
    _row("POST", "/v1/messages/", Dialect.ANTHROPIC, Operation.MESSAGES),
    _row("POST", "/v1/messages/count_tokens", Dialect.ANTHROPIC, Operation.COUNT_MESSAGE_TOKENS),
    _row("POST", "/v1/messages/count_tokens/", Dialect.ANTHROPIC, Operation.COUNT_MESSAGE_TOKENS),
    _row("GET", "/v1/models", Dialect.OPENAI, Operation.LIST_MODELS),
    _row("GET", r"/v1/models/(.+)", Dialect.OPENAI, Operation.GET_MODEL),
    _row("GET", "/foundation-models", Dialect.NATIVE, Operation.LIST_FOUNDATION_MODELS),
    _row("GET", r"/foundation-models/(.+)", Dialect.NATIVE, Operation.GET_FOUNDATION_MODEL),
    _row("GET", "/inference-profiles", Dialect.NATIVE, Operation.LIST_INFERENCE_PROFILES),
    _row("GET", r"/inference-profiles/(.+)", Dialect.NATIVE, Operation.GET_INFERENCE_PROFILE),
    _row("GET", "/openclaw.json", Dialect.OPENAI, Operation.OPENCLAW_CONFIG),
    _row("GET", "/v1/usage", Dialect.OPENAI, Operation.USAGE),
    _row("GET", "/health", Dialect.OPENAI, Operation.HEALTH),
)

# Whoever asks below these paths is an AWS SDK and must get AWS's error shape.
_NATIVE_ROOTS = (
    "/model/",
    "/guardrail/",
    "/guardrail-checks/",
    "/foundation-models",
    "/inference-profiles",
    "/async-invoke",
)

# And below this one, an Anthropic SDK.
_ANTHROPIC_ROOT = "/v1/messages"

# OpenAI and Anthropic have their model lists at the same path. All of Anthropic's clients send this header.
_SHARED_ROOT = "/v1/models"
_SHARED_OPERATIONS = frozenset({Operation.LIST_MODELS, Operation.GET_MODEL})
_ANTHROPIC_HEADER = "anthropic-version"
# Where nothing is served, a header tells whose error its sender can read.
_DIALECTS_BY_HEADER = {"amz-sdk-invocation-id": Dialect.NATIVE, _ANTHROPIC_HEADER: Dialect.ANTHROPIC}
_NO_HEADERS: Mapping[str, str] = {}

# Bedrock's modelId pattern: every character a foundation id, profile id or ARN may have. No `%` is among them,
# so what was encoded twice is refused here rather than decoded twice.
_MODEL_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,2047}", re.ASCII)


# No model has such a name.
_KEY = re.compile(r"slc_[a-z2-7]{16}_", re.ASCII)


def strip_prefix(raw_path: str, prefix: str) -> str:
    """Take the configured prefix off, once.

    Raises:
        UnknownRoute: a prefix is configured and the path is not below it.
    """
    if not prefix:
        return raw_path
    if raw_path.startswith(prefix + "/"):
        return raw_path[len(prefix) :]
    raise UnknownRoute(f"Nothing is served at this path. This deployment serves everything below {prefix}/.")


def dialect_of(path: str, headers: Mapping[str, str] = _NO_HEADERS) -> Dialect:
    """Tell which dialect's answers and errors the client can read.

    Its headers matter only at a path that two dialects share, and where nothing is served.
    """
    if path.startswith(_NATIVE_ROOTS):
        return Dialect.NATIVE
    is_anthropics = _is_below(path, _ANTHROPIC_ROOT) or (_is_below(path, _SHARED_ROOT) and _ANTHROPIC_HEADER in headers)
    if is_anthropics:
        return Dialect.ANTHROPIC
    if any(row.groups(path) is not None for row in _ROUTES):
        return Dialect.OPENAI
    return next((dialect for header, dialect in _DIALECTS_BY_HEADER.items() if header in headers), Dialect.OPENAI)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")


def route(method: str, path: str, headers: Mapping[str, str] = _NO_HEADERS) -> Route:
    """Find the route; the path's prefix is gone already, and header names are in lower case.

    Raises:
        UnknownRoute: no operation lives there.
        MethodNotAllowed: it does, under another method.
        InvalidRequest: the name in the path cannot be one of Bedrock's.
    """
    allowed = []
    for row in _ROUTES:
        if (groups := row.groups(path)) is not None:
            if row.method == method or (method == "HEAD" and row.method == "GET"):
                return Route(_dialect_of(row, headers), row.operation, *_decoded(*groups))
            allowed.append(row.method)
    if allowed:
        raise MethodNotAllowed(f"This path takes {' or '.join(allowed)}, not {method}.")
    raise UnknownRoute(
        "Nothing is served at this path. Sluice serves POST /model/{modelId}/ with converse-stream, converse, invoke, "
        "invoke-with-response-stream and count-tokens, POST /guardrail/{id}/version/{version}/apply, "
        "POST /v1/chat/completions, POST /v1/responses, POST /v1/embeddings, POST /v1/messages, "
        "POST /v1/messages/count_tokens, GET /v1/models, /foundation-models and /inference-profiles, each also with an "
        "id, GET /openclaw.json, GET /v1/usage and GET /health."
    )


def _dialect_of(row: _Row, headers: Mapping[str, str]) -> Dialect:
    is_anthropics = row.operation in _SHARED_OPERATIONS and _ANTHROPIC_HEADER in headers
    return Dialect.ANTHROPIC if is_anthropics else row.dialect


def checked_model_name(name: str) -> str:
    """Return the name if it could be a model's.

    Raises:
        InvalidRequest: it is too long, or holds what no model id has.
    """
    if _KEY.search(name):
        # It would be sent to Bedrock, and written into logs.
        raise InvalidRequest("An API key stands where a model's name belongs.", "model")
    # Whatever stands between us and Bedrock might take dots between slashes for folders.
    if not _MODEL_NAME.fullmatch(name) or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise InvalidRequest(
            "That is no id or ARN of Bedrock's: they begin with a letter or a digit, and hold letters, digits and "
            ". _ : / @ - only, 2,048 at most.",
            "model",
        )
    return name


def _decoded(name: str = "", *others: str) -> tuple[str, ...]:
    return (checked_model_name(unquote(name)) if name else "", *others)
