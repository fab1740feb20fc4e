"""API keys: `slc_<id>_<secret>`, and their rows in the access table. The secret itself is never stored."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

PREFIX = "slc"
# A key is 4 + 16 + 1 + 52 characters. Anything longer is refused before it is hashed.
KEY_PATTERN = re.compile(r"slc_([a-z2-7]{16})_([a-z2-7]{52})", re.ASCII)
KEY_ID_PATTERN = re.compile(r"[a-z2-7]{16}", re.ASCII)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"

# `secret_sha256` of an id that does not exist, so that known and unknown ids take the same path. No secret is known to
# have this hash, and `secret_matches` would refuse that one too.
NO_SECRET_SHA256 = "0" * 64


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a client sent it, hashed on arrival: id, and SHA-256 of the secret in hex."""

    key_id: str
    secret_sha256: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One API key as the access table knows it. Times are epoch seconds."""

    key_id: str
    secret_sha256: str
    name: str
    created_at: int
    disabled: bool = False


def new_key() -> tuple[str, PresentedKey]:
    """Make a key: the text to show once, and what may be stored of it (80 and 256 random bits)."""
    # Only the operator's command makes keys; the gateway's cold start need not wait for this.
    import secrets

    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(52))
    return f"{PREFIX}_{key_id}_{secret}", PresentedKey(key_id, _sha256(secret))


def parse_key(text: str) -> PresentedKey | None:
    """Return the hashed key, or None where the text is no key of ours."""
    match = KEY_PATTERN.fullmatch(text)
    return PresentedKey(match[1], _sha256(match[2])) if match else None


def key_id_in(text: str) -> str | None:
    """Return the id that an id alone or a whole key names, or None where the text is neither."""
    if presented := parse_key(text):
        return presented.key_id
    return text if KEY_ID_PATTERN.fullmatch(text) else None


def secret_matches(presented: PresentedKey, row: KeyRow | None) -> bool:
    """Compare in constant time; an unknown id costs the same as a known one."""
    expected = row.secret_sha256 if row else NO_SECRET_SHA256
    return hmac.compare_digest(presented.secret_sha256, expected) and row is not None


def key_of(key_id: str) -> dict[str, Any]:
    """Return the DynamoDB primary key of a key's row."""
    return {"pk": {"S": f"KEY#{key_id}"}, "sk": {"S": "KEY"}}


def to_item(row: KeyRow) -> dict[str, Any]:
    """Return the row as a DynamoDB item of attribute values."""
    return {
        **key_of(row.key_id),
        "key_id": {"S": row.key_id},
        "secret_sha256": {"S": row.secret_sha256},
        "name": {"S": row.name},
        "created_at": {"N": str(row.created_at)},
        "disabled": {"BOOL": row.disabled},
    }


def from_item(item: dict[str, Any]) -> KeyRow:
    """Read a DynamoDB item of attribute values. A row without `disabled` counts as disabled: deny by default."""
    return KeyRow(
        key_id=item["key_id"]["S"],
        secret_sha256=item["secret_sha256"]["S"],
        name=item["name"]["S"],
        created_at=int(item["created_at"]["N"]),
        disabled=item.get("disabled", {"BOOL": True})["BOOL"],
    )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
