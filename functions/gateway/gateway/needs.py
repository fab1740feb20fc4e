"""What a request to Bedrock may use at most, before anybody knows what it will. Pure."""

import re
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sluice.cost import estimate_of
from sluice.model_row import DEFAULT_MAX_TOKENS

from gateway.converse.estimate import prompt_tokens, tokens_in
from gateway.errors import InvalidRequest
from gateway.outgoing import CONVERSE, INVOKE, Json, Outgoing, read_body
from gateway.output_limits import stated_output

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

# By any of these a prompt, or a part of it, is written to the prompt cache, which costs more than to read it.
_CACHE_POINTS = (b'"cachePoint"', b'"cache_control"')
# What lies in S3 has a size that nobody knows here.
_ELSEWHERE = (b'"s3Location"',)
# Nobody escapes a letter of ASCII unless he wants it overlooked.
_ESCAPE = b"\\u00"
_ESCAPED_LETTER = re.compile(rb"\\u00[2-7]")
_TIER_HEADER = "x-amzn-bedrock-service-tier"


class Need(NamedTuple):
    """Tokens, and nano-dollars; None: the price is not known."""

    input_tokens: int
    output_tokens: int
    nano_usd: int | None

    @property
    def tokens(self) -> int:
        """All tokens together."""
        return self.input_tokens + self.output_tokens


def need_of(asked: Outgoing, row: "ModelRow | None") -> Need:
    """Return the most that a request may use; `row` is that of what is invoked, with its prices.

    The output is what the request asks for, or else all that the model may give.

    Raises:
        InvalidRequest: its body cannot be checked, or asks for output in a way that cannot be counted.
    """
    is_chat = asked.operation in CONVERSE | INVOKE
    body = read_body(asked) if is_chat else {}
    takes_in = input_tokens(asked)
    gives_out = _output_tokens(body, asked, row) if is_chat else 0
    if row is None:
        return Need(takes_in, gives_out, None)
    if _may_say(asked.body, _ELSEWHERE):
        takes_in = max(takes_in, row.context_window)
    writes_cache = _may_say(asked.body, _CACHE_POINTS)
    price = estimate_of(row, takes_in, gives_out, _service_tier(body, asked), writes_cache=writes_cache)
    return Need(takes_in, gives_out, price)


def _may_say(body: bytes, words: tuple[bytes, ...]) -> bool:
    return any(word in body for word in words) or (_ESCAPE in body and _ESCAPED_LETTER.search(body) is not None)


def input_tokens(asked: Outgoing) -> int:
    """Return about how many tokens go in."""
    try:
        body = orjson.loads(asked.body)
        if asked.operation in CONVERSE:
            return prompt_tokens(body)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        # Bedrock will refuse it; until then it counts by its size.
        return len(asked.body) // 3
    return tokens_in(body)


def _output_tokens(body: Json, asked: Outgoing, row: "ModelRow | None") -> int:
    if row is not None and "TEXT" not in row.output_modalities:
        return 0
    stated = stated_output(body, asked.operation, row)
    if not stated.is_countable:
        raise InvalidRequest(
            "The request's limit of output tokens, or its number of answers, is not a whole number of at least 1.",
            "max_tokens",
        )
    return stated.most(row.max_output_tokens if row else DEFAULT_MAX_TOKENS)


def _service_tier(body: Json, asked: Outgoing) -> str:
    if asked.operation in INVOKE:
        return asked.headers.get(_TIER_HEADER, "default")
    tier = body.get("serviceTier")
    return str(tier.get("type", "default")) if isinstance(tier, dict) else "default"
