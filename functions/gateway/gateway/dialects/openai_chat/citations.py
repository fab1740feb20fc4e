"""Bedrock's citations, as members of a message or a delta of Chat Completions."""

from typing import Any

from gateway.dialects.openai_citations import annotation

type Json = dict[str, Any]


class Citations:
    """The citations of one reply. Their indexes let clients join deltas.

    `annotations` knows only pages of the web, and clients check that; what else is cited stands in `citations`, in
    Bedrock's words.
    """

    def __init__(self) -> None:
        self._length = self._block_start = self._pages = self._others = 0

    def add_text(self, text: str) -> None:
        """Take note of text that the client gets."""
        self._length += len(text)

    def next_block(self) -> None:
        """Take note that a block of text begins: what it cites, it cites for its own text."""
        self._block_start = self._length

    def told(self, citation: Json) -> Json:
        """Return the members that tell a citation of what was written since the block began."""
        note = annotation(citation, self._block_start, self._length)
        if note.pop("type") == "url_citation":
            self._pages += 1
            return {"annotations": [{"index": self._pages - 1, "type": "url_citation", "url_citation": note}]}
        self._others += 1
        return {"citations": [{"index": self._others - 1, **citation}]}
