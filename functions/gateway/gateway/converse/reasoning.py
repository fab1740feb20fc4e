"""How a model is asked to reason: a client's effort or budget, by what the model takes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sluice.traits import EFFORTS, ModelTraits

from gateway.converse.content import Block

type Json = dict[str, Any]

# Tokens for an effort, for models that take a budget, and the least they take.
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
_LEAST_BUDGET = 1024
# What an answer gets beside the budget where the client set no limit.
_ANSWER_TOKENS = 4096
# The effort for a budget, for models that take no budget: the first whose tokens are not below it.
_EFFORTS_BY_BUDGET = (("low", 4096), ("medium", 16384))
_NONE = "none"
_BETWEEN_TOOLS = "between_tools"
# The betas for what Claude's newest models take beside the kind of thinking.
_BINDING_BETA, _UPDATES_BETA = "thinking-binding-controls-2026-08-01", "thinking-display-updates-2026-08-18"


class Reasoning(NamedTuple):
    """What a client asked: an effort (EFFORTS or none), a budget in tokens, a mode; empty: not said.

    The mode `as_is` leaves it to the model whether it reasons, and says only the effort; `between_tools` is no
    reasoning before the answer. `display` is Claude's: summarized, omitted or updates. So is `binding`: what becomes of
    earlier reasoning that does not belong to this conversation.
    """

    effort: str = ""
    budget: int | None = None
    mode: Literal["", "adaptive", "enabled", "disabled", "between_tools", "as_is"] = ""
    display: str = ""
    binding: Json | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the client said anything."""
        return bool(self.effort or self.mode or self.budget is not None)

    @property
    def is_off(self) -> bool:
        """Whether the client wants none."""
        return self.mode in ("disabled", _BETWEEN_TOOLS) or (self.effort == _NONE and not self.mode)


class ReasoningPlan(NamedTuple):
    """What to send: `fields` of `additionalModelRequestFields`, the limit that goes with them.

    `reasons`: the model will reason; `unlimited`: it takes neither a limit nor sampling beside this.
    """

    fields: Mapping[str, Any] = {}
    reasons: bool = False
    max_tokens: int | None = None
    unlimited: bool = False


def plan_reasoning(
    asked: Reasoning, traits: ModelTraits, *, max_tokens: int | None, messages: Sequence[Block], has_tools: bool
) -> ReasoningPlan:
    """Return how to ask this model for what the client wants; `messages` are Converse's."""
    as_is = ReasoningPlan(reasons=traits.always_reasons, max_tokens=max_tokens)
    if not asked.is_asked or traits.reasoning == "none":
        return as_is
    if asked.mode == "as_is":
        return _effort_alone(asked, traits, as_is)
    if traits.reasoning == "any" and asked.mode:
        return _in_the_clients_words(asked, traits, max_tokens)
    if asked.is_off and (off := _off(traits)):
        return ReasoningPlan({**off, **_claude_effort(asked.effort, traits, without_reasoning=True)}, False, max_tokens)
    switch = traits.reasoning
    if switch == "budget_or_adaptive":
        switch = "budget" if asked.budget is not None else "adaptive"
    if switch == "budget":
        return _with_budget(asked, traits, max_tokens, messages, has_tools=has_tools) or as_is
    effort = _effort(asked, traits)
    if switch == "adaptive":
        return ReasoningPlan(_adaptive(asked, effort, traits), reasons=True, max_tokens=max_tokens)
    effort = effort or "medium"
    unlimited = switch == "nova" and effort == "high"
    return ReasoningPlan(_BY_EFFORT[switch](effort), effort != _NONE, max_tokens, unlimited)


def _off(traits: ModelTraits) -> Json:
    """Return how the model is told not to reason; empty where it cannot be, or does not unless it is told to."""
    if traits.thinks and (not traits.always_reasons or traits.off_switch == _BETWEEN_TOOLS):
        return {"thinking": {"type": traits.off_switch}}
    return {"reasoningConfig": {"type": "disabled"}} if traits.reasoning == "nova" else {}


_BY_EFFORT: dict[str, Callable[[str], Json]] = {
    "any": lambda effort: {"reasoning_effort": effort},
    "raw": lambda effort: {"reasoning_effort": effort},
    "effort": lambda effort: {"reasoning": {"effort": effort}},
    "nova": lambda effort: {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}},
}


def nearest_effort(wanted: str, efforts: Sequence[str]) -> str:
    """Return the model's effort nearest to the wanted one, rather less than more."""
    if wanted in efforts:
        return wanted
    order = (_NONE, *EFFORTS)
    at = order.index(wanted)
    lower = [effort for effort in efforts if order.index(effort) <= at]
    return lower[-1] if lower else efforts[0]


def _effort(asked: Reasoning, traits: ModelTraits) -> str:
    """Return the model's word for the effort; empty: the client left it to the model."""
    if asked.is_off:
        return nearest_effort(_NONE, traits.efforts)
    if asked.effort:
        return nearest_effort(asked.effort, traits.efforts)
    if asked.budget is None:
        return ""
    wanted = next((effort for effort, most in _EFFORTS_BY_BUDGET if asked.budget < most), "high")
    return nearest_effort(wanted, traits.efforts)


def _effort_alone(asked: Reasoning, traits: ModelTraits, as_is: ReasoningPlan) -> ReasoningPlan:
    """Return the plan for an effort beside which nothing says whether to reason."""
    if traits.reasoning in ("raw", "effort"):
        effort = nearest_effort(asked.effort, traits.efforts)
        return ReasoningPlan(_BY_EFFORT[traits.reasoning](effort), reasons=effort != _NONE, max_tokens=as_is.max_tokens)
    return as_is._replace(fields=_claude_effort(asked.effort, traits))


def _claude_effort(effort: str, traits: ModelTraits, *, without_reasoning: bool = False) -> Json:
    """Return Claude's `output_config.effort` where the model takes it; without reasoning it goes up to high."""
    if traits.effort_betas is None or effort in ("", _NONE):
        return {}
    efforts = traits.efforts
    if without_reasoning:
        efforts = efforts[: efforts.index("high") + 1] if "high" in efforts else efforts
    betas = {"anthropic_beta": [*traits.effort_betas]} if traits.effort_betas else {}
    return {"output_config": {"effort": nearest_effort(effort, efforts)}, **betas}


def _in_the_clients_words(asked: Reasoning, traits: ModelTraits, max_tokens: int | None) -> ReasoningPlan:
    """Return the plan for a model that nobody knows: whoever says `thinking` knows that it is a Claude."""
    thinking: Json = {"type": asked.mode}
    if asked.budget is not None:
        thinking["budget_tokens"] = asked.budget
    if asked.display:
        thinking["display"] = asked.display
    if asked.binding:
        thinking["block_binding"] = asked.binding
    fields = {"thinking": thinking, **_claude_effort(asked.effort, traits)}
    return ReasoningPlan(fields, reasons=not asked.is_off, max_tokens=max_tokens)


def _adaptive(asked: Reasoning, effort: str, traits: ModelTraits) -> Json:
    thinking: Json = {"type": "adaptive"}
    betas = [beta for beta in _betas_of(asked) if beta in traits.betas]
    if traits.reasoning_display:
        is_taken = asked.display != "updates" or _UPDATES_BETA in betas
        thinking["display"] = (asked.display if is_taken else "") or "summarized"
    if _BINDING_BETA in betas:
        thinking["block_binding"] = asked.binding
    fields: Json = {"thinking": thinking, **({"output_config": {"effort": effort}} if effort else {})}
    return {**fields, "anthropic_beta": betas} if betas else fields


def _betas_of(asked: Reasoning) -> list[str]:
    wanted = {_BINDING_BETA: asked.binding is not None, _UPDATES_BETA: asked.display == "updates"}
    return [beta for beta, is_wanted in wanted.items() if is_wanted]


def _with_budget(
    asked: Reasoning, traits: ModelTraits, max_tokens: int | None, messages: Sequence[Block], *, has_tools: bool
) -> ReasoningPlan | None:
    """Return a plan with a budget; None where the limit leaves no room, or the history has lost its reasoning."""
    budget = asked.budget if asked.budget is not None else _BUDGETS[nearest_effort(asked.effort or "medium", EFFORTS)]
    budget = max(budget, _LEAST_BUDGET)
    if max_tokens is not None:
        budget = min(budget, max_tokens - 1)
    if budget < _LEAST_BUDGET or _lost_its_reasoning(messages):
        return None
    fields: Json = {
        "thinking": {"type": "enabled", "budget_tokens": budget},
        **_claude_effort(asked.effort if asked.budget is not None else "", traits),
    }
    if has_tools and traits.reasoning_beta:
        fields["anthropic_beta"] = [traits.reasoning_beta, *fields.get("anthropic_beta", [])]
    return ReasoningPlan(fields, reasons=True, max_tokens=max_tokens or budget + _ANSWER_TOKENS)


def _lost_its_reasoning(messages: Sequence[Block]) -> bool:
    """Tell whether tool results are to be answered whose tool uses came after reasoning that is gone.

    Claude with a budget refuses that, and no client can bring it back, so the turn goes on without reasoning.
    """
    if not any("toolResult" in block for block in messages[-1]["content"]):
        return False
    last = next((message for message in reversed(messages) if message["role"] == "assistant"), None)
    return last is None or not any("reasoningContent" in block for block in last["content"])
