"""How much output a request to Bedrock asks for, in whatever words its model has for that. Pure.

InvokeModel's bodies are each maker's own: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.outgoing import CONVERSE, INVOKE

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

type Json = dict[str, Any]
type Path = tuple[str, ...]

_CONVERSE_FIELDS: tuple[Path, ...] = (("inferenceConfig", "maxTokens"),)
_OPENAI_FIELDS: tuple[Path, ...] = (("max_tokens",), ("max_completion_tokens",))
# By the first word of a maker's name. A model may pass over the fields of others, so that they limit nothing.
_FIELDS_OF: Mapping[str, tuple[Path, ...]] = {
    "anthropic": (("max_tokens",), ("max_tokens_to_sample",)),
    "amazon": (
        ("inferenceConfig", "maxTokens"),
        ("inferenceConfig", "max_new_tokens"),
        ("textGenerationConfig", "maxTokenCount"),
    ),
    "meta": (("max_gen_len",),),
    "ai21": (("max_tokens",), ("maxTokens",)),
    "cohere": (("max_tokens",),),
}
_ALL_FIELDS = tuple(
    dict.fromkeys((*_OPENAI_FIELDS, *(path for paths in _FIELDS_OF.values() for path in paths), ("max_output_tokens",)))
)
# Whose bodies may be of any format: what somebody imported or deployed.
_OF_ANY_FORMAT = frozenset({"", "imported", "marketplace"})
# How many answers a model gives to one request, each with so many tokens.
_COPIES: tuple[Path, ...] = (("n",), ("num_generations",), ("numResults",))


class StatedOutput(NamedTuple):
    """What a body says of its output.

    `limits` are what its model goes by; `others` are limits that it may go by, or not; `copies` how many answers.
    """

    limits: tuple[Any, ...]
    others: tuple[Any, ...] = ()
    copies: tuple[Any, ...] = ()

    @property
    def is_countable(self) -> bool:
        """Whether all that is said is a whole number of at least 1: some models take 0 and -1 for no limit at all."""
        return all(
            isinstance(value, int) and not isinstance(value, bool) and value > 0
            for value in (*self.limits, *self.others, *self.copies)
        )

    @property
    def number_of_answers(self) -> int:
        """How many answers there may be. It must be countable."""
        return math.prod(self.copies)

    def most(self, model_limit: int) -> int:
        """Return how many tokens may come out of a model of that limit. It must be countable."""
        limits = (*self.limits, *self.others) if self.limits else (model_limit, *self.others)
        most: int = max(limits)
        return most * self.number_of_answers


def stated_output(body: Json, operation: str, row: "ModelRow | None") -> StatedOutput:
    """Return what a body says of its output; `row` is the model's, None: nobody knows whose format it has."""
    if operation in CONVERSE:
        # What is said in the model's own words it may go by, rather than by Converse's.
        extras = body.get("additionalModelRequestFields")
        extras = extras if isinstance(extras, dict) else {}
        return StatedOutput(_at(body, _CONVERSE_FIELDS), _at(extras, _ALL_FIELDS), _at(extras, _COPIES))
    if operation not in INVOKE:
        return StatedOutput(())
    maker = row.provider.lower().partition(" ")[0] if row else ""
    own = _ALL_FIELDS if maker in _OF_ANY_FORMAT else _FIELDS_OF.get(maker, _OPENAI_FIELDS)
    others = tuple(path for path in _ALL_FIELDS if path not in own)
    return StatedOutput(_at(body, own), _at(body, others), _at(body, _COPIES))


def _at(body: Json, paths: Sequence[Path]) -> tuple[Any, ...]:
    return tuple(value for path in paths if (value := _member(body, path)) is not None)


def _member(body: Json, path: Path) -> Any:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
