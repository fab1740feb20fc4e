"""Citations, in both directions: Anthropic's locations are Bedrock's, with other names for the same numbers."""

from typing import Any

type Json = dict[str, Any]

# Anthropic's type of location → Bedrock's, and the names of index, start and end on Anthropic's side.
_RANGES: dict[str, tuple[str, str, str, str]] = {
    "char_location": ("documentChar", "document_index", "start_char_index", "end_char_index"),
    "page_location": ("documentPage", "document_index", "start_page_number", "end_page_number"),
    "content_block_location": ("documentChunk", "document_index", "start_block_index", "end_block_index"),
    "search_result_location": (
        "searchResultLocation",
        "search_result_index",
        "start_block_index",
        "end_block_index",
    ),
}
_TYPES = {bedrock: kind for kind, (bedrock, *_) in _RANGES.items()}
# Bedrock's name of the index; the start and the end are called so everywhere.
_INDEXES = {"searchResultLocation": "searchResultIndex"}


def citation_json(citation: Json) -> Json:
    """Return Anthropic's citation for Bedrock's `citation`; one without a known location tells its source as a URL."""
    cited_text = "".join(part.get("text", "") for part in citation.get("sourceContent") or ())
    title, location = citation.get("title"), citation.get("location") or {}
    place = next((name for name in location if name in _TYPES), None)
    if place is None:
        url = (location.get("web") or {}).get("url") or citation.get("source") or ""
        about = {"title": title, "url": url, "encrypted_index": ""}
        return {"type": "web_search_result_location", "cited_text": cited_text, **about}
    kind, found = _TYPES[place], location[place]
    _, index, start, end = _RANGES[kind]
    told: Json = {"type": kind, "cited_text": cited_text}
    told[index] = found.get(_INDEXES.get(place, "documentIndex"), 0)
    told[start], told[end] = found.get("start", 0), found.get("end", 0)
    if kind == "search_result_location":
        return {**told, "title": title, "source": citation.get("source") or ""}
    return {**told, "document_title": title, "file_id": None}


def converse_citation(citation: Json) -> Json | None:
    """Return Converse's citation for one of an earlier turn; None where Converse cannot say it."""
    kind = citation.get("type")
    location = _converse_location(citation, kind) if isinstance(kind, str) else None
    if location is None:
        return None
    told: Json = {"location": location}
    for name, given in (("title", "document_title"), ("title", "title"), ("source", "source")):
        if isinstance(value := citation.get(given), str):
            told[name] = value
    if isinstance(text := citation.get("cited_text"), str):
        told["sourceContent"] = [{"text": text}]
    return told


def _converse_location(citation: Json, kind: str) -> Json | None:
    if kind == "web_search_result_location" and isinstance(url := citation.get("url"), str):
        return {"web": {"url": url}}
    if kind not in _RANGES:
        return None
    place, *names = _RANGES[kind]
    numbers = [citation.get(name) for name in names]
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        return None
    return {place: dict(zip((_INDEXES.get(place, "documentIndex"), "start", "end"), numbers, strict=True))}
