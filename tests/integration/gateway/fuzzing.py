"""Requests that nobody would send, as hypothesis' strategies: mutations of good ones, and noise."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

type Json = Any

# Good requests with much in them, and words that are worth a try.
_WORDS = json.loads((Path(__file__).parent / "fuzzed.json").read_text(encoding="utf-8"))


def _some(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(_WORDS[kind])


_TEXTS = st.text(max_size=20) | _some("texts")
_NUMBERS = st.sampled_from([0, -1, 1, 2**31, 2**63, -(2**63), 1e308, 0.1])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _NUMBERS
    | _TEXTS
)
_NAMES = _some("members") | st.text(max_size=5)
VALUES = st.recursive(
    _SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(_NAMES, part, max_size=4), max_leaves=12
)

_HEADER_NAMES = _some("headers") | st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
_HEADER_VALUES = st.text(max_size=40) | st.sampled_from(["application/json", "*", "{}", "\r\nx: y"])
HEADERS = st.dictionaries(_HEADER_NAMES, _HEADER_VALUES, max_size=5)
METHODS = st.sampled_from(["POST"] * 12 + ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "", "\x00", "post"])
_SEGMENTS = _some("segments") | st.text(max_size=6)
PATHS = st.lists(_SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts)) | st.sampled_from(
    [good["path"] for good in _WORDS["requests"]] + _WORDS["lists"]
)
QUERIES = st.just("") | st.text(max_size=20) | _some("queries")


@st.composite
def mutated_requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good request with one to four of its places changed: path and body."""
    good = draw(st.sampled_from(_WORDS["requests"]))
    body = copy.deepcopy(good["body"])
    for _ in range(draw(st.integers(1, 4))):
        holder, place = draw(st.sampled_from(list(_places(body))))
        match draw(st.sampled_from(["replace", "remove", "wrap", "repeat", "add"])):
            case "replace":
                holder[place] = draw(VALUES)
            case "remove":
                del holder[place]
            case "wrap":
                holder[place] = [holder[place]]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[place]))
            case _ if isinstance(holder, dict):
                holder[draw(_NAMES)] = draw(VALUES)
        if not list(_places(body)):
            break
    return good["path"], json.dumps(body).encode()


NOISE = st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode())
BODIES = st.tuples(PATHS, NOISE) | mutated_requests() | mutated_requests() | mutated_requests()


def _places(value: Json) -> Iterator[tuple[Any, Any]]:
    """Yield every member of every object and list, with what holds it."""
    members = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for place, member in members:
        yield value, place
        yield from _places(member)
