"""Limits and sampling: `inferenceConfig`, and what of it a model takes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sluice.traits import ModelTraits

from gateway.converse.reasoning import ReasoningPlan

type Json = dict[str, Any]

# Converse takes 0 to 1 where OpenAI's clients may send up to 2.
_HIGHEST = 1.0


class Sampling(NamedTuple):
    """What a client asked; None: nothing. `max_tokens` is the client's own limit for the answer."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: Sequence[str] = ()


def inference_config(asked: Sampling, traits: ModelTraits, plan: ReasoningPlan) -> Json:
    """Return Converse's `inferenceConfig`: what the model refuses is left out (docs/dialects.md lists what)."""
    config: Json = {}
    if plan.max_tokens is not None and not plan.unlimited:
        config["maxTokens"] = max(plan.max_tokens, traits.fewest_tokens)
    config.update(_sampling(asked, traits, plan))
    # Converse refuses an empty sequence, and models one of white space only.
    if traits.stop_sequences and (stop := [sequence for sequence in asked.stop_sequences if sequence.strip()]):
        config["stopSequences"] = stop
    return config


def top_k_fields(asked: Sampling, traits: ModelTraits, plan: ReasoningPlan) -> Json:
    """Return the field of `additionalModelRequestFields` that holds the model's top-k, if it has one."""
    if asked.top_k is None or not traits.top_k or plan.unlimited or (traits.thinks and plan.reasons):
        return {}
    fields: Json | int = asked.top_k
    for name in reversed(traits.top_k):
        fields = {name: fields}
    return fields if isinstance(fields, dict) else {}


def _sampling(asked: Sampling, traits: ModelTraits, plan: ReasoningPlan) -> Json:
    temperature = None if asked.temperature is None else min(asked.temperature, _HIGHEST)
    top_p = None if asked.top_p is None else min(asked.top_p, _HIGHEST)
    if plan.unlimited:
        return {}
    if traits.sampling == "fixed" or (traits.thinks and plan.reasons):
        # 1 is what these models do anyway; to say so changes nothing.
        return {}
    if traits.sampling == "one_of" and temperature is not None:
        top_p = None
    told = {"temperature": temperature, "topP": top_p}
    return {name: value for name, value in told.items() if value is not None}
