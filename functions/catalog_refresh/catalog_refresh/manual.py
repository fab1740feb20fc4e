"""The operator's own definitions, merged over what was discovered."""

from collections.abc import Callable, Mapping, Sequence
from copy import replace
from typing import Any

from sluice.model_ids import without_prefix
from sluice.model_row import ModelRow, Price, Reasoning

from catalog_refresh.config_file import ManualModel
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.rows import finished


def merged(
    rows: Sequence[ModelRow], models: Sequence[ManualModel], options: DiscoveryOptions, region: str, now: int
) -> list[ModelRow]:
    """Return the rows with what the operator says of them, and a row in `region` for each model only he knows."""
    by_id = {model.model_id.lower(): model for model in models}
    known = {row.model_id.lower() for row in rows}
    overridden = [_overridden(row, by_id[key]) if (key := row.model_id.lower()) in by_id else row for row in rows]
    own = [_own(model, options, region, now) for key, model in by_id.items() if key not in known]
    return [*overridden, *own]


def _own(model: ManualModel, options: DiscoveryOptions, region: str, now: int) -> ModelRow:
    base = without_prefix(model.model_id)
    row = ModelRow(
        model_id=model.model_id,
        kind="manual",
        region=region,
        name=model.model_id,
        provider=base.split(".")[0],
        base_model_id=base,
        invoke_id=model.model_id,
        discovered_at=now,
    )
    return _overridden(finished(row, options, listed=True), model)


def _overridden(row: ModelRow, model: ManualModel) -> ModelRow:
    changes = {
        field: change for field, change_of in _CHANGES.items() if (change := change_of(row, model)) is not _NOTHING
    }
    assumed = tuple(field for field in row.assumed if field not in changes)
    return replace(row, **changes, assumed=assumed, listed=True, manual=True)


_NOTHING = object()


def _said(value: Any) -> Any:
    return _NOTHING if value is None else value


def _reasoning(row: ModelRow, model: ManualModel) -> Any:
    """`true` says that the model reasons, not how: what is known of that stays."""
    if model.reasoning is None:
        return _NOTHING
    return (row.reasoning or Reasoning()) if model.reasoning else None


def _prices(_row: ModelRow, model: ManualModel) -> Any:
    """All zeros is how OpenClaw spells that nobody said anything: it must not make a model cost nothing here."""
    cost = model.cost or {}
    if not any(cost.values()):
        return _NOTHING
    return (
        Price(
            input=cost.get("input"),
            output=cost.get("output"),
            cache_read=cost.get("cacheRead"),
            cache_write=cost.get("cacheWrite"),
        ),
    )


_CHANGES: Mapping[str, Callable[[ModelRow, ManualModel], Any]] = {
    "name": lambda _row, model: _said(model.name),
    "reasoning": _reasoning,
    "input_modalities": lambda _row, model: _said(model.input_modalities),
    "prices": _prices,
    "context_window": lambda _row, model: _said(model.context_window),
    "max_output_tokens": lambda _row, model: _said(model.max_tokens),
}
