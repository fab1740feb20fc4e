"""The input of a custom tool, read out of the function's arguments that stand for it while these still come."""

import re
from typing import Any

import orjson

from gateway.dialects.openai_custom_tools import INPUT

_OPENING = re.compile(rf'\s*\{{\s*"{INPUT}"\s*:\s*"')
# What of a JSON string can be decoded by itself: neither half an escape nor half a surrogate pair.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_PLAIN = r"\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
_COMPLETE = re.compile(rf'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|{_PLAIN}|{_HIGH}{_LOW})*')


class InputReader:
    """Takes pieces of `{"input": "…"}` and gives pieces of the string."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._rest = ""
        self._given: list[str] = []
        self._is_inside = False

    def more(self, piece: str) -> str:
        """Take a piece of the arguments and return what of the input it completes."""
        self._pieces.append(piece)
        self._rest += piece
        if not self._is_inside:
            opening = _OPENING.match(self._rest)
            if opening is None:
                return ""
            self._is_inside, self._rest = True, self._rest[opening.end() :]
        complete = _COMPLETE.match(self._rest)
        end = complete.end() if complete else 0
        text, self._rest = str(orjson.loads(f'"{self._rest[:end]}"')), self._rest[end:]
        self._given.append(text)
        return text

    def whole(self) -> tuple[str, str]:
        """Return the input, and what of it is still to be given.

        Arguments of another form are the input as they are: a tool that takes any text can say what is wrong with it.
        """
        told, given = "".join(self._pieces), "".join(self._given)
        if not told.strip():
            return "", ""
        value = _parsed(told)
        text = value.get(INPUT) if isinstance(value, dict) else None
        if not isinstance(text, str):
            text = given or told
        return text, text.removeprefix(given) if text.startswith(given) else ""


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
