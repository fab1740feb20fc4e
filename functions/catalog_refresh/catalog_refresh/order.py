"""The order of model lists: OpenClaw's, which is JavaScript's `localeCompare` (ICU's root collation)."""

import unicodedata

# ICU's order of what stands before the letters. Not the code points' order.
_BEFORE_LETTERS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
_RANK = {character: rank for rank, character in enumerate(_BEFORE_LETTERS)}
_FIRST_LETTER = len(_RANK)
# Acute, grave, breve, circumflex, caron, ring, diaeresis, double acute, tilde, dot, cedilla, ogonek, macron.
_ACCENTS = "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0327\u0328\u0304"
_ACCENT_RANK = {accent: rank for rank, accent in enumerate(_ACCENTS, 1)}

type CollationKey = tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]]


def collation_key(text: str) -> CollationKey:
    """Return what to sort by: letters whatever their case, then accents, then lower before upper case."""
    decomposed = unicodedata.normalize("NFD", text)
    base = [character for character in decomposed if not unicodedata.combining(character)]
    return (
        tuple(_rank(character) for character in base),
        tuple(_accent(character) if unicodedata.combining(character) else 0 for character in decomposed),
        tuple(character.isupper() for character in base),
    )


def list_key(model_id: str, name: str) -> tuple[bool, CollationKey]:
    """Return what OpenClaw sorts a model list by: `global.` profiles, then names."""
    return not model_id.lower().startswith("global."), collation_key(name)


def _accent(character: str) -> int:
    return _ACCENT_RANK.get(character, len(_ACCENTS) + ord(character))


def _rank(character: str) -> int:
    folded = character.casefold()
    return _RANK.get(character, _FIRST_LETTER + ord(folded[0]))
