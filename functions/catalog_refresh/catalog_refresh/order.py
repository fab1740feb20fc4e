"""The order of model lists: OpenClaw's, which is JavaScript's `localeCompare` (ICU's root collation)."""

import unicodedata

# ICU's order of what stands before the letters. Not the code points' order.
_BEFORE_LETTERS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
_RANK = {character: rank for rank, character in enumerate(_BEFORE_LETTERS)}
_FIRST_LETTER = len(_RANK)

type CollationKey = tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]]


def collation_key(text: str) -> CollationKey:
    """Return what to sort by: letters whatever their case, then accents, then lower before upper case."""
    decomposed = unicodedata.normalize("NFD", text)
    base = [character for character in decomposed if not unicodedata.combining(character)]
    return (
        tuple(_rank(character) for character in base),
        tuple(ord(character) for character in decomposed if unicodedata.combining(character)),
        tuple(character.isupper() for character in base),
    )


def list_key(model_id: str, name: str) -> tuple[bool, CollationKey]:
    """Return what OpenClaw sorts a model list by: `global.` profiles, then names."""
    return not model_id.lower().startswith("global."), collation_key(name)


def _rank(character: str) -> int:
    folded = character.casefold()
    return _RANK.get(character, _FIRST_LETTER + ord(folded[0]))
