"""What a request to Bedrock may use at most, before anybody knows what it will. Pure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from sluice.cost import estimate_of
from sluice.model_row import DEFAULT_MAX_TOKENS

from gateway.converse.estimate import prompt_tokens, tokens_in
from gateway.outgoing import Outgoing
from gateway.shaping import CONVERSE, INVOKE, output_tokens, service_tier

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

# By any of these a prompt, or a part of it, is written to the prompt cache, which costs more than to read it.
_CACHE_POINTS = (b'"cachePoint"', b'"cache_control"')


@dataclass(frozen=True, slots=True)
class Need:
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
    """
    takes_in = input_tokens(asked)
    gives_out = _output_tokens(asked, row)
    if row is None:
        return Need(takes_in, gives_out, None)
    writes_cache = any(point in asked.body for point in _CACHE_POINTS)
    price = estimate_of(row, takes_in, gives_out, service_tier(asked), writes_cache=writes_cache)
    return Need(takes_in, gives_out, price)


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


def _output_tokens(asked: Outgoing, row: "ModelRow | None") -> int:
    if asked.operation not in CONVERSE | INVOKE or (row is not None and "TEXT" not in row.output_modalities):
        return 0
    return output_tokens(asked) or (row.max_output_tokens if row else DEFAULT_MAX_TOKENS)
