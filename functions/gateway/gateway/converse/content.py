"""Content blocks of a Converse message, made from what dialects carry: text, base64 data, S3 objects."""

import base64
from typing import Any
from urllib.parse import unquote_to_bytes

from gateway.converse.documents import DocumentNames
from gateway.converse.media import MediaKind, base64_text, format_of, named
from gateway.errors import InvalidRequest

type Block = dict[str, Any]

# Where something must stand and the client left nothing.
PLACEHOLDER = "."
NO_OUTPUT = "(no output)"


def text_block(text: str) -> Block:
    """Return a text block; blank ones are dropped later, by the conversation."""
    return {"text": text}


def media_block(
    data: str, said: str, path: str, names: DocumentNames, *, name: str = "", allowed: tuple[MediaKind, ...] = ()
) -> Block:
    """Return an image, document, video or audio block for base64 text.

    `said` is the media type, format or extension the client gave; the bytes are believed before it. `name` is a
    document's file name. `allowed` limits the kinds.

    Raises:
        InvalidRequest: it is no base64, or of a format that Bedrock does not take there.
    """
    kind, word = format_of(data, said or name.rpartition(".")[2], path)
    if allowed and kind not in allowed:
        raise InvalidRequest(f"`{path}` holds {kind} data ({word}); {' or '.join(allowed)} data is wanted here.", path)
    source = {"bytes": base64_text(data, path)}
    if kind == "document":
        return {"document": {"format": word, "name": names.name(name), "source": source}}
    return {kind: {"format": word, "source": source}}


def s3_block(uri: str, said: str, path: str, names: DocumentNames) -> Block:
    """Return a block for an object in S3 that Bedrock reads itself.

    Raises:
        InvalidRequest: neither `said` nor the object's name tells a format that Bedrock takes.
    """
    told = named(said) or named(uri.rpartition(".")[2])
    if told is None:
        raise InvalidRequest(
            f"`{path}` does not tell its format; end the object's name in .png, .pdf or the like.", path
        )
    kind, word = told
    source = {"s3Location": {"uri": uri}}
    if kind == "document":
        return {"document": {"format": word, "name": names.name(uri.rpartition("/")[2]), "source": source}}
    return {kind: {"format": word, "source": source}}


def read_data_url(url: str, path: str) -> tuple[str, str]:
    """Return media type and base64 text of a `data:` URL.

    Raises:
        InvalidRequest: it is none.
    """
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:":
        raise InvalidRequest(f"`{path}` must be a data: URL.", path)
    media_type, *parameters = head[5:].split(";")
    if "base64" not in [parameter.strip().lower() for parameter in parameters]:
        return media_type, base64.b64encode(unquote_to_bytes(data)).decode()
    return media_type, data


def is_remote(url: str) -> bool:
    """Tell whether the URL's bytes must be fetched before they can be sent."""
    return url[:8].lower().startswith(("https://", "http://"))
