"""Tokens as the emulator counts them: a word, a piece of a long one, or a mark. Plausible, and the same every time."""

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"\s?\w{1,7}|\s?[^\w\s]|\s")


def pieces(text: str) -> list[str]:
    """Return a text's tokens; joined they are the text."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    """Return how many tokens a text has."""
    return sum(1 for _ in _TOKEN.finditer(text))


def take(tokens: Iterable[str], limit: int) -> tuple[list[str], bool]:
    """Return at most `limit` tokens, and whether there were more."""
    kept: list[str] = []
    for token in tokens:
        if len(kept) == limit:
            return kept, True
        kept.append(token)
    return kept, False
