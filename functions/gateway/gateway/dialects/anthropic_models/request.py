"""The query of Anthropic's model list → a page of it."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs

from gateway.errors import InvalidRequest

_DEFAULT_LIMIT, _MOST = 20, 1_000
_STAGES = ("active", "deprecated", "retired")
# An SDK writes `lifecycle[]`; others may number the values, or separate them by commas.
_LIFECYCLE = re.compile(r"lifecycle(\[[0-9]*\])?", re.ASCII)


class ModelPage(NamedTuple):
    """Which models are wanted: `limit` of them, after or before one of that id; empty ids: from the beginning.

    `stages` are Anthropic's words for where a model stands in its life; empty: what lists show anyway.
    """

    limit: int = _DEFAULT_LIMIT
    after_id: str = ""
    before_id: str = ""
    stages: frozenset[str] = frozenset()


def read_model_page(query: str) -> ModelPage:
    """Read the query; members that Anthropic does not have are left alone.

    Raises:
        InvalidRequest: a value makes no sense.
    """
    values = parse_qs(query)
    page = ModelPage(_limit(_last(values, "limit")), _last(values, "after_id"), _last(values, "before_id"))
    if page.after_id and page.before_id:
        raise InvalidRequest("after_id and before_id contradict each other. Send one.", "before_id")
    words = [
        word for name, found in values.items() if _LIFECYCLE.fullmatch(name) for word in ",".join(found).split(",")
    ]
    for word in words:
        if word not in _STAGES:
            raise InvalidRequest(f"lifecycle: {word!r} is none of {', '.join(_STAGES)}.", "lifecycle")
    return ModelPage(page.limit, page.after_id, page.before_id, frozenset(words))


def _last(values: dict[str, list[str]], name: str) -> str:
    return values.get(name, [""])[-1]


def _limit(value: str) -> int:
    if not value:
        return _DEFAULT_LIMIT
    if not re.fullmatch("[0-9]{1,9}", value, re.ASCII) or not 1 <= int(value) <= _MOST:
        raise InvalidRequest(f"limit: must be a number from 1 to {_MOST}.", "limit")
    return int(value)
