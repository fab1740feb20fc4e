"""What the emulator notices about pictures and documents: format, size, a name. It reads headers, not contents."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_KIBIBYTE = 1024


def describe_attachments(content: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a noun phrase for each picture, document, video and sound among content blocks."""
    return list(_descriptions(content))


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG or GIF, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    return None


def _descriptions(content: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in content:
        match block:
            case {"image": {"format": image_format, "source": source}}:
                yield _picture(image_format, source)
            case {"document": {"name": name, "source": source}}:
                yield f"the document “{name}” ({_amount(source)})"
            case {"video": {"format": video_format, "source": source}}:
                yield f"a {video_format} video ({_amount(source)})"
            case {"audio": {"format": audio_format, "source": source}}:
                yield f"a {audio_format} recording ({_amount(source)})"
            case _:
                pass


def _picture(image_format: str, source: Mapping[str, Any]) -> str:
    size = image_size(source.get("bytes", b""))
    shape = f"{size[0]} by {size[1]} pixels, " if size else ""
    return f"a {image_format.upper()} picture ({shape}{_amount(source)})"


def _amount(source: Mapping[str, Any]) -> str:
    match source:
        case {"bytes": data}:
            size = len(data)
        case {"text": text}:
            size = len(text.encode())
        case {"s3Location": {"uri": uri}}:
            return f"at {uri}"
        case _:
            return "in several parts"
    return f"{size} bytes" if size < _KIBIBYTE else f"{size // _KIBIBYTE} KB"
