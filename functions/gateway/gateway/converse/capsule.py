"""Reasoning as opaque text: in a field made for it, or in the id of a tool call for clients that know no such field.

Claude refuses to go on with a tool's result unless the reasoning before the call comes back with its signature, and
plain Chat Completions clients return nothing but the call's id. So the id carries it: Bedrock's own id, a mark, the
blocks (compressed, base64url) and a checksum. It is stateless and needs no secret: it says nothing that the client was
not told, and the model itself verifies every signature, so a forged one is refused there. One that was cut or
rewritten on its way is ignored.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Sequence

import orjson

from gateway.converse.content import Block

_MARK = "_slr1_"
_CHECK = 8
# Beyond this an id would burden every later request; the loop then goes on without the reasoning.
_LONGEST = 65_536
_MOST_BYTES = 1_048_576


def pack(tool_use_id: str, reasoning: Sequence[Block]) -> str:
    """Return an id that carries these reasoningContent blocks; the plain id where none is signed or all too long."""
    sealed = seal(reasoning)
    if not sealed or len(sealed) > _LONGEST + _CHECK:
        return tool_use_id
    return f"{tool_use_id}{_MARK}{sealed}"


def unpack(client_id: str) -> tuple[str, list[Block]]:
    """Return the plain id and the reasoning that it carried, none where it carried none or was damaged."""
    plain, mark, rest = client_id.partition(_MARK)
    if not mark or not plain:
        return client_id, []
    return plain, unseal(rest)


def seal(reasoning: Sequence[Block]) -> str:
    """Return text that carries these reasoningContent blocks, of any length; empty where none is signed."""
    signed = [packed for block in reasoning if (packed := _packed(block))]
    if not signed:
        return ""
    data = base64.urlsafe_b64encode(zlib.compress(orjson.dumps(signed))).rstrip(b"=").decode()
    return _checksum(data) + data


def unseal(text: str) -> list[Block]:
    """Return the blocks that `seal` was given; none where the text is damaged or somebody else's."""
    check, data = text[:_CHECK], text[_CHECK:]
    if check != _checksum(data):
        return []
    try:
        inflater = zlib.decompressobj()
        raw = inflater.decompress(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)), _MOST_BYTES)
        return [_unpacked(item) for item in orjson.loads(raw)]
    except (ValueError, TypeError, KeyError, zlib.error, binascii.Error):
        return []


def _packed(block: Block) -> list[str] | None:
    reasoning = block["reasoningContent"]
    if redacted := reasoning.get("redactedContent"):
        return [redacted]
    text = reasoning.get("reasoningText", {})
    return [text.get("text", ""), text["signature"]] if text.get("signature") else None


def _unpacked(item: list[str]) -> Block:
    if len(item) == 1:
        return {"reasoningContent": {"redactedContent": str(item[0])}}
    text, signature = item
    return {"reasoningContent": {"reasoningText": {"text": str(text), "signature": str(signature)}}}


def _checksum(data: str) -> str:
    return hashlib.sha256(data.encode()).hexdigest()[:_CHECK]
