"""Names for documents: only what Converse allows, unique over the whole history, the same in every turn.

A history is sent again with each turn, and a name that changed would lose the prompt cache; so names come from the
client's file names and the order of appearance alone.
"""

import re

_ELSE = re.compile(r"[^A-Za-z0-9\s\-()\[\]]+")
_SPACES = re.compile(r"\s+")
_MOST = 200
_FALLBACK = "document"


class DocumentNames:
    """Hands out the names of one request's documents."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def name(self, wanted: str = "") -> str:
        """Return a name close to the client's (`Report 3.pdf` → `Report 3`), with a number where it was used before."""
        stem = wanted.rpartition(".")[0] or wanted
        bare = _SPACES.sub(" ", _ELSE.sub(" ", stem)).strip()[: _MOST - 10].strip() or _FALLBACK
        name, number = bare, 1
        while name in self._used:
            number += 1
            name = f"{bare}-{number}"
        self._used.add(name)
        return name
