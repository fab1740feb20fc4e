"""Bedrock's citations → annotations of a text, which OpenAI's dialects know two kinds of."""

from typing import Any

type Json = dict[str, Any]


def annotation(citation: Json, start: int, end: int) -> Json:
    """Return the annotation for a citation that belongs to the characters from `start` to `end` of the text."""
    title = str(citation.get("title") or "")
    web = (citation.get("location") or {}).get("web")
    if web:
        url = str(web.get("url") or "")
        return {"type": "url_citation", "start_index": start, "end_index": end, "title": title or url, "url": url}
    source = str(citation.get("source") or title)
    return {"type": "file_citation", "file_id": source, "filename": title or source, "index": end}
