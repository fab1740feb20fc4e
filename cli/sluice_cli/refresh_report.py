"""What a refresh answered, in words for the operator."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sluice_cli.model_listing import ago

if TYPE_CHECKING:
    from catalog_refresh.summary import Changes, Summary

# A value longer than this is not worth a line.
_LONGEST_VALUE = 100


def reported(summary: "Summary") -> str:
    """Return what became of a run, what it could not list, and, of a dry run, what would change."""
    lines = [_outcome(summary)]
    lines += [f"! {failure}" for failure in summary["failures"]]
    lines += [f"! {warning}" for warning in summary["warnings"]]
    if "changes" in summary:
        lines += _changed(summary["changes"], summary["regions"])
    return "\n".join(lines)


def _outcome(summary: "Summary") -> str:
    found = f"{summary['models']} models to list, {summary['rows']} in all"
    if summary["regions"]:
        found += f", of {', '.join(summary['regions'])}"
    served = _served(summary)
    match summary["status"]:
        case "published":
            return f"Published: {found}."
        case "held":
            return (
                f"Held back: {found}. That is none, or less than half of what is served. If the next refresh finds "
                f"the same it is published; --force does so now. {served}"
            )
        case "superseded":
            return f"Not published: a later refresh was first. {served}"
        case "busy":
            return f"Not begun: another refresh is running. {served}"
        case "dry run":
            verb = "be held back" if summary.get("would_be") == "held" else "be published"
            return f"Would {verb}: {found}. {served} Nothing was written."


def _served(summary: "Summary") -> str:
    if summary["age"] is None or not summary["served_rows"]:
        return "Nothing is served so far."
    return f"Served: {summary['served_rows']} in all, found {ago(summary['age'])}."


def _changed(changes: "Changes", regions: Sequence[str]) -> Iterator[str]:
    def shown(name: str) -> str:
        region, _, model_id = name.partition(" ")
        return f"{model_id} ({region})" if len(regions) > 1 else model_id

    yield from (f"+ {shown(name)}" for name in changes["added"])
    yield from (f"- {shown(name)}" for name in changes["removed"])
    for name, fields in changes["changed"].items():
        yield f"~ {shown(name)}"
        yield from (f"    {field}{_difference(was, would_be)}" for field, (was, would_be) in fields.items())
    if not any(changes.values()):
        yield "No model would change."


def _difference(was: Any, would_be: Any) -> str:
    texts = (_text(was), _text(would_be))
    return f": {texts[0]} -> {texts[1]}" if max(map(len, texts)) <= _LONGEST_VALUE else ""


def _text(value: Any) -> str:
    return json.dumps(_told(value), ensure_ascii=False)


def _told(value: Any) -> Any:
    """Leave out what says nothing, as most of a price's members do."""
    match value:
        case Mapping():
            return {name: _told(member) for name, member in value.items() if member not in (None, [], "", 0, False)}
        case list():
            return [_told(member) for member in value]
        case _:
            return value
