"""Which format bytes have: told by their first bytes, as far as these tell, else by what the client said.

Formats are Converse's words: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

import base64
import binascii
from typing import Literal

from gateway.errors import InvalidRequest

MediaKind = Literal["image", "document", "video", "audio"]

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SNIFFED = 64

# What a client may call a format → kind and Converse's word for it. Subtypes of media types and file extensions alike.
_BY_NAME: dict[str, tuple[MediaKind, str]] = {
    **{name: ("image", name) for name in ("png", "jpeg", "gif", "webp")},
    "jpg": ("image", "jpeg"),
    **{name: ("document", name) for name in ("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md")},
    "plain": ("document", "txt"),
    "markdown": ("document", "md"),
    "htm": ("document", "html"),
    "msword": ("document", "doc"),
    "vnd.ms-excel": ("document", "xls"),
    "vnd.openxmlformats-officedocument.wordprocessingml.document": ("document", "docx"),
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("document", "xlsx"),
    **{name: ("video", name) for name in ("mkv", "mov", "mp4", "webm", "flv", "mpg", "wmv", "three_gp")},
    "video/mpeg": ("video", "mpeg"),
    "3gp": ("video", "three_gp"),
    "3gpp": ("video", "three_gp"),
    "quicktime": ("video", "mov"),
    "x-matroska": ("video", "mkv"),
    "x-flv": ("video", "flv"),
    "x-ms-wmv": ("video", "wmv"),
    **{
        name: ("audio", name)
        for name in ("mp3", "opus", "wav", "aac", "flac", "ogg", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm")
    },
    **{f"audio/{name}": ("audio", name) for name in ("mp4", "mkv", "webm")},
    "audio/x-matroska": ("audio", "mka"),
    "x-wav": ("audio", "wav"),
    "wave": ("audio", "wav"),
    "vnd.wave": ("audio", "wav"),
    "x-m4a": ("audio", "m4a"),
    "x-flac": ("audio", "flac"),
    "pcm16": ("audio", "pcm"),
    "l16": ("audio", "pcm"),
}

# First bytes that leave no doubt, whatever the client says.
_MAGIC: tuple[tuple[bytes, MediaKind, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image", "png"),
    (b"\xff\xd8\xff", "image", "jpeg"),
    (b"GIF87a", "image", "gif"),
    (b"GIF89a", "image", "gif"),
    (b"%PDF-", "document", "pdf"),
    (b"FLV\x01", "video", "flv"),
    (b"fLaC", "audio", "flac"),
    (b"ID3", "audio", "mp3"),
    (b"OggS", "audio", "ogg"),
)
# Formats that share their container: the first bytes cannot tell them apart, the client's word can.
_BY_BRAND = {b"3gp": ("video", "three_gp"), b"qt ": ("video", "mov"), b"M4A": ("audio", "m4a")}


def sniff(head: bytes) -> tuple[MediaKind, str] | None:
    """Return kind and format that the first bytes leave no doubt about."""
    for magic, kind, name in _MAGIC:
        if head.startswith(magic):
            return kind, name
    if head[:4] == b"RIFF":
        riff: dict[bytes, tuple[MediaKind, str]] = {b"WEBP": ("image", "webp"), b"WAVE": ("audio", "wav")}
        return riff.get(head[8:12])
    return None


def named(media_type: str) -> tuple[MediaKind, str] | None:
    """Return kind and format for a media type (`video/3gpp; x=y`), a file's extension or a format's name."""
    bare = media_type.partition(";")[0].strip().lower()
    return _BY_NAME.get(bare) or _BY_NAME.get(bare.rpartition("/")[2])


def format_of(data: str, said: str, path: str) -> tuple[MediaKind, str]:
    """Return kind and format of base64 text; `said` is a media type, an extension or a format's name, or empty.

    Raises:
        InvalidRequest: it is no base64, or neither its bytes nor the client tell a format that Converse takes.
    """
    try:
        head = base64.b64decode(data[:_SNIFFED] + "=" * (-len(data[:_SNIFFED]) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"`{path}` is not valid base64.", path) from error
    told = named(said)
    if found := sniff(head):
        # An Ogg file may be opus, which only the client knows.
        return told if told and found == ("audio", "ogg") and told[1] == "opus" else found
    if head[4:8] == b"ftyp" and (told is None or told[0] not in ("video", "audio")):
        return _of_brand(head[8:11])
    if told is None:
        raise InvalidRequest(
            f"`{path}` is of no format that Bedrock takes (said: {said[:60] or 'nothing'}). Images are png, jpeg, gif "
            "or webp; documents pdf, csv, doc, docx, xls, xlsx, html, txt or md.",
            path,
        )
    if told[0] == "image":
        raise InvalidRequest(f"`{path}` is said to be {told[1]}, but its bytes are no png, jpeg, gif or webp.", path)
    return told


def base64_text(data: str, path: str) -> str:
    """Return the base64 text as Bedrock takes it: standard alphabet, padded.

    It stays text: megabytes are checked, but not decoded and encoded again. How large it may be depends on the model.

    Raises:
        InvalidRequest: it is empty, or no base64.
    """
    if not data.isascii():
        raise InvalidRequest(f"`{path}` is not valid base64.", path)
    raw = data.encode().rstrip(b"=")
    if rest := raw.translate(None, _ALPHABET):
        raw = raw.translate(bytes.maketrans(b"-_", b"+/"), b"\r\n\t ")
        rest = raw.translate(None, _ALPHABET)
    if rest or not raw or len(raw) % 4 == 1:
        raise InvalidRequest(f"`{path}` is not valid base64.", path)
    return (raw + b"=" * (-len(raw) % 4)).decode()


def _of_brand(brand: bytes) -> tuple[MediaKind, str]:
    kind, name = _BY_BRAND.get(brand, ("video", "mp4"))
    return ("audio" if kind == "audio" else "video"), name
