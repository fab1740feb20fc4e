"""Everything that the catalog knows of one model, for people to read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sluice.model_row import ANY_REGION, Lifecycle, ModelRow, Price, PromptCaching, Reasoning

from sluice_cli.columns import page

# A price's members in the order in which people ask for them.
_PRICES = (
    ("input", "in"),
    ("output", "out"),
    ("cache_read", "cache read"),
    ("cache_write", "cache write"),
    ("cache_write_1h", "cache write for 1h"),
)


def model_page(row: ModelRow, other_regions: Sequence[str] = ()) -> str:
    """Return the id and a line for each thing that is known; `other_regions` have the model too."""
    return page(row.model_id, _facts(row, other_regions))


def _facts(row: ModelRow, other_regions: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "Name", row.name
    yield "Provider", row.provider
    yield "Kind", row.kind.replace("-", " ")
    yield "Shown in lists", _yes(row.listed)
    yield "Region", row.region + (f", also {', '.join(other_regions)}" if other_regions else "")
    yield "Invoked as", row.invoke_id or "nothing: it has no throughput on demand, and no profile"
    yield "Profiles", ", ".join(row.profile_ids)
    yield "Worked on in", ", ".join("anywhere" if region == ANY_REGION else region for region in row.destinations)
    yield "Base model", row.base_model_id if row.base_model_id != row.model_id else ""
    yield "ARN", row.arn if row.arn != row.model_id else ""
    yield "Aliases", ", ".join(row.aliases)
    yield "Input", _words(row.input_modalities)
    yield "Output", _words(row.output_modalities)
    yield "Streaming", _yes(row.streaming)
    yield "Context window", f"{row.context_window:,} tokens"
    yield "Most output", f"{row.max_output_tokens:,} tokens"
    yield "Tools", _yes(row.tool_use)
    yield "Structured output", _yes(row.structured_output)
    yield "Reasoning", _reasoning(row.reasoning)
    yield "Prompt caching", _caching(row.prompt_caching)
    yield from (("Price" if number == 0 else " ", _price(price)) for number, price in enumerate(row.prices))
    yield "Refuses", ", ".join(row.refuses)
    yield "Supports", ", ".join(row.supports)
    yield "Lifecycle", _lifecycle(row.lifecycle)
    yield "Found", _moment(row.discovered_at)
    yield "From the file", "yes" if row.manual else ""
    yield "Only assumed", ", ".join(row.assumed)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _words(modalities: Iterable[str]) -> str:
    return ", ".join(word.lower() for word in modalities)


def _reasoning(reasoning: Reasoning | None) -> str:
    if reasoning is None:
        return "no"
    parts = (
        f"by {reasoning.asked_by}" if reasoning.asked_by else "yes",
        f"efforts {', '.join(reasoning.efforts)}" if reasoning.efforts else "",
        "takes a budget too" if reasoning.takes_budget else "",
        "always on" if reasoning.always_on else "",
    )
    return "; ".join(filter(None, parts))


def _caching(caching: PromptCaching | None) -> str:
    return f"for {' or '.join(caching.ttls)}, from {caching.min_tokens:,} tokens" if caching else "no"


def _price(price: Price) -> str:
    rule = "" if price.tier == "default" else f"{price.tier}: "
    above = f", above {price.above_input_tokens:,} tokens of input" if price.above_input_tokens else ""
    amounts = ((label, getattr(price, member)) for member, label in _PRICES)
    known = ", ".join(f"${amount:g} {label}" for label, amount in amounts if amount is not None)
    return f"{rule}{known} for 1M tokens{above}"


def _lifecycle(lifecycle: Lifecycle) -> str:
    parts = (
        lifecycle.status,
        f"since {_day(lifecycle.started_at)}" if lifecycle.started_at else "",
        f"legacy from {_day(lifecycle.legacy_at)}" if lifecycle.legacy_at else "",
        f"extended access from {_day(lifecycle.extended_access_at)}" if lifecycle.extended_access_at else "",
        f"ends {_day(lifecycle.end_of_life_at)}" if lifecycle.end_of_life_at else "",
    )
    return ", ".join(filter(None, parts))


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds else ""
