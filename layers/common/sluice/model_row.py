"""What the catalog knows of one model in one region, and its JSON form.

The row is the contract between the function that discovers models and whoever reads the catalog.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson

# What OpenClaw's discovery assumes where nobody says (`models.bedrockDiscovery`).
DEFAULT_CONTEXT_WINDOW = 32_000
DEFAULT_MAX_TOKENS = 4_096

# What a row is about: Bedrock's own resource types, and `manual` for what only the operator's file names.
Kind = Literal[
    "foundation-model",
    "inference-profile",
    "application-inference-profile",
    "custom-model",
    "custom-model-deployment",
    "imported-model",
    "provisioned-model",
    "prompt-router",
    "marketplace-endpoint",
    "manual",
]

# A destination of a `global.` profile: wherever AWS likes.
ANY_REGION = "*"


class Reasoning(NamedTuple):
    """How a model is asked to reason.

    `asked_by` is the request field, inside `additionalModelRequestFields`: `thinking.adaptive` (with
    `output_config.effort`), `thinking.budget_tokens`, `reasoningConfig.maxReasoningEffort`, `reasoning.effort`,
    `reasoning_effort`; empty: it reasons as it likes, and no field is known. `efforts` are the words it takes, least
    first. `takes_budget`: an adaptive model that takes `budget_tokens` as well. `always_on`: it refuses not to.
    """

    asked_by: str = ""
    efforts: tuple[str, ...] = ()
    takes_budget: bool = False
    always_on: bool = False


class PromptCaching(NamedTuple):
    """Which cache points a model takes: `ttls` are Bedrock's words; a prefix under `min_tokens` is not cached."""

    min_tokens: int = 0
    ttls: tuple[str, ...] = ("5m",)


class Price(NamedTuple):
    """US dollars for a million tokens under one rule; None: not priced apart.

    A rule is for one service tier (`default`, `flex`, `priority`, `batch`, `ultrafast`) and for requests with more than
    `above_input_tokens` tokens of input, cached or not.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    cache_write_1h: float | None = None
    tier: str = "default"
    above_input_tokens: int = 0


class Lifecycle(NamedTuple):
    """Where a model stands in Bedrock's lifecycle: `ACTIVE` or `LEGACY`; dates are epoch seconds, 0 where unknown.

    From `extended_access_at` on, a LEGACY model is served at another price.
    """

    status: str = "ACTIVE"
    started_at: int = 0
    legacy_at: int = 0
    end_of_life_at: int = 0
    extended_access_at: int = 0

    def has_ended(self, now: float) -> bool:
        """Tell whether the model's life is over, after which every request to it fails."""
        return 0 < self.end_of_life_at <= now


class ModelRow(NamedTuple):
    """One thing a client may name. Times are epoch seconds; modalities are Bedrock's words (`TEXT`, `IMAGE`, …).

    `model_id` is unique within region and kind: a foundation model's or profile's id, an ARN for everything else.
    `invoke_id` is what to ask Bedrock Runtime in `region` for: the model itself where it has on-demand throughput, else
    the first of `profile_ids`; empty where nothing can be invoked. `profile_ids` are the inference profiles in `region`
    that lead to the model, the one to prefer first. `base_model_id` is the foundation model behind it all, and
    `destinations` are the regions in which a request may be worked on, or `ANY_REGION`.

    `inference_types` (`ON_DEMAND`, `PROVISIONED`, …) and `customizations` (`FINE_TUNING`, …) are a foundation model's,
    in Bedrock's words; `description`, `created_at` and `updated_at` an inference profile's.

    `listed` says whether model lists show the row: it streams text and is ACTIVE. The others can be named all the same.
    `refuses` and `supports` are words of docs/catalog.md. `assumed` names the fields that nobody vouches for.
    """

    model_id: str
    kind: Kind
    region: str
    name: str
    provider: str
    arn: str = ""
    base_model_id: str = ""
    invoke_id: str = ""
    on_demand: bool = False
    profile_ids: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    listed: bool = False
    input_modalities: tuple[str, ...] = ("TEXT",)
    output_modalities: tuple[str, ...] = ("TEXT",)
    streaming: bool = True
    tool_use: bool = True
    reasoning: Reasoning | None = None
    prompt_caching: PromptCaching | None = None
    structured_output: bool = False
    context_window: int = DEFAULT_CONTEXT_WINDOW
    max_output_tokens: int = DEFAULT_MAX_TOKENS
    prices: tuple[Price, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    refuses: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    manual: bool = False
    discovered_at: int = 0
    inference_types: tuple[str, ...] = ()
    customizations: tuple[str, ...] = ()
    description: str = ""
    created_at: int = 0
    updated_at: int = 0

    def price(self, tier: str = "default", input_tokens: int = 0) -> Price | None:
        """Return the rule for a request of so many input tokens; None: there is none for this tier.

        A tier that is not priced above a threshold at which the default tier gets dearer has no rule there.
        """
        rules = [
            price for price in self.prices if not price.above_input_tokens or input_tokens > price.above_input_tokens
        ]
        highest = max((price.above_input_tokens for price in rules if price.tier in (tier, "default")), default=0)
        return next((price for price in rules if price.tier == tier and price.above_input_tokens == highest), None)


def row_members(row: ModelRow) -> dict[str, Any]:
    """Return all members of the row as JSON values."""
    return _all_members(row)


def row_to_json(row: ModelRow) -> dict[str, Any]:
    """Return the row as JSON values, without what has its default."""
    return _without_defaults(row)


def rows_to_json(rows: Iterable[ModelRow]) -> dict[str, Any]:
    """Return the rows as JSON values in which what many rows have in common stands once.

    `shared` is a list of values for each of some members; a row has its place there instead of the value.
    """
    places: dict[str, dict[bytes, int]] = {name: {} for name in _SHARED}
    values = []
    for row in rows:
        value = row_to_json(row)
        for name, known in places.items():
            if name in value:
                value[name] = known.setdefault(orjson.dumps(value[name]), len(known))
        values.append(value)
    return {"shared": {name: [orjson.loads(text) for text in known] for name, known in places.items()}, "rows": values}


def rows_from_json(value: Mapping[str, Any]) -> tuple[ModelRow, ...]:
    """Read rows that `rows_to_json` wrote; what they have in common is one object in memory, too.

    Members that a newer writer added are dropped: both functions are not replaced in one moment.
    """
    shared = {
        name: [_PARTS.get(name, tuple)(part) for part in parts]
        for name, parts in value["shared"].items()
        if name in _FIELD_NAMES[ModelRow]
    }
    return tuple(_row_of_shared(row, shared) for row in value["rows"])


def _row_of_shared(value: Mapping[str, Any], shared: Mapping[str, Sequence[Any]]) -> ModelRow:
    # Written for speed: a cold gateway reads every row of the catalog before its first answer that needs one.
    known = _FIELD_NAMES[ModelRow]
    members: dict[str, Any] = {
        name: shared[name][member] if name in shared else tuple(member) if member.__class__ is list else member
        for name, member in value.items()
        if name in known
    }
    return ModelRow(**members)


def reasoning_from_json(value: Mapping[str, Any]) -> Reasoning:
    """Read a row's or a fact's `reasoning`."""
    return Reasoning(**_members(Reasoning, value))


def prompt_caching_from_json(value: Mapping[str, Any]) -> PromptCaching:
    """Read a row's or a fact's `prompt_caching`."""
    return PromptCaching(**_members(PromptCaching, value))


def price_from_json(value: Mapping[str, Any]) -> Price:
    """Read one of a row's or a fact's `prices`."""
    return Price(**_members(Price, value))


def _all_members(part: Any) -> dict[str, Any]:
    return {name: _json(value, _all_members) for name, value in part._asdict().items()}


def _without_defaults(part: Any) -> dict[str, Any]:
    defaults = part._field_defaults
    return {
        name: _json(value, _without_defaults)
        for name, value in zip(part._fields, part, strict=True)
        if name not in defaults or value != defaults[name]
    }


def _json(value: Any, of_part: Callable[[Any], dict[str, Any]]) -> Any:
    match value:
        # Before tuples, for they are tuples themselves.
        case Reasoning() | PromptCaching() | Price() | Lifecycle():
            return of_part(value)
        case tuple():
            return [_json(member, of_part) for member in value]
        case _:
            return value


def _members(part: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    known = _FIELD_NAMES[part]
    return {
        name: tuple(member) if isinstance(member, list) else member for name, member in value.items() if name in known
    }


_PARTS: Mapping[str, Any] = {
    "reasoning": reasoning_from_json,
    "prompt_caching": prompt_caching_from_json,
    "lifecycle": lambda value: Lifecycle(**_members(Lifecycle, value)),
    "prices": lambda values: tuple(map(price_from_json, values)),
}
# Members whose values are few: what a facts file or a region says of many rows.
_SHARED = (
    *("reasoning", "prompt_caching", "prices", "refuses", "supports", "assumed", "lifecycle"),
    *("input_modalities", "output_modalities", "destinations", "inference_types", "customizations"),
)
_FIELD_NAMES = {part: frozenset(part._fields) for part in (ModelRow, Reasoning, PromptCaching, Price, Lifecycle)}
