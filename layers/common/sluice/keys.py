"""API keys: `slc_<id>_<secret>`, and their rows in the access table. The secret itself is never stored.

An id is ten random characters and a code over them, made with a secret of the deployment: whoever knows that secret can
tell an invented id without a look into the table. The code admits nobody; that is what the key's own secret is for.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from sluice.policy import Policy

PREFIX = "slc"
# A key is 4 + 16 + 1 + 52 characters. Anything longer is refused before it is hashed.
KEY_PATTERN = re.compile(r"slc_([a-z2-7]{16})_([a-z2-7]{52})", re.ASCII)
KEY_ID_PATTERN = re.compile(r"[a-z2-7]{16}", re.ASCII)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_RANDOM_PART = 10

# `secret_sha256` of an id that does not exist, so that known and unknown ids take the same path. No secret is known to
# have this hash, and `secret_matches` would refuse that one too.
NO_SECRET_SHA256 = "0" * 64


class PresentedKey(NamedTuple):
    """A key as a client sent it, hashed on arrival: id, and SHA-256 of the secret in hex."""

    key_id: str
    secret_sha256: str


class KeyRow(NamedTuple):
    """One API key as the access table knows it. Times are epoch seconds; 0: never.

    From `expires_at` on the key is refused. After a rotation the secret before it is good until `previous_until`.
    `policy_json` is what the key may do, as `sluice.policy` writes it; empty: everything.
    """

    key_id: str
    secret_sha256: str
    name: str
    created_at: int
    disabled: bool = False
    owner: str = ""
    expires_at: int = 0
    previous_sha256: str = ""
    previous_until: int = 0
    rotated_at: int = 0
    tags: Mapping[str, str] | None = None
    policy_json: str = ""

    @property
    def policy(self) -> "Policy":
        """What the key may do.

        Raises:
            ValueError: the row says it in words that this version does not know.
        """
        # Most keys of most deployments may do everything, and a cold start need not wait for this.
        from sluice.policy import policy_from_json

        return policy_from_json(self.policy_json)

    def has_expired(self, now: float) -> bool:
        """Tell whether the key's time is over."""
        return 0 < self.expires_at <= now

    def secrets(self, now: float) -> tuple[str, str]:
        """Return the hashes that open the key now: two in any case, so that a rotation does not show in the time."""
        return self.secret_sha256, self.previous_sha256 if now < self.previous_until else NO_SECRET_SHA256


def new_deployment_secret() -> bytes:
    """Make what the codes in the ids of a deployment's keys are made with."""
    import secrets

    return secrets.token_bytes(32)


def new_key(deployment_secret: bytes) -> tuple[str, PresentedKey]:
    """Make a key: the text to show once, and what may be stored of it (50 and 260 random bits)."""
    # Only the operator's command makes keys; the gateway's cold start need not wait for this.
    import secrets

    chosen = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_PART))
    return new_secret(chosen + _code(chosen, deployment_secret))


def new_secret(key_id: str) -> tuple[str, PresentedKey]:
    """Make a secret for a key's id: the text to show once, and what may be stored of it."""
    import secrets

    secret = "".join(secrets.choice(_ALPHABET) for _ in range(52))
    return f"{PREFIX}_{key_id}_{secret}", PresentedKey(key_id, _sha256(secret))


def is_of_deployment(key_id: str, deployment_secret: bytes) -> bool:
    """Tell whether an id was made with this secret, in constant time."""
    code = _code(key_id[:_RANDOM_PART], deployment_secret)
    return hmac.compare_digest(code, key_id[_RANDOM_PART:])


def parse_key(text: str) -> PresentedKey | None:
    """Return the hashed key, or None where the text is no key of ours."""
    match = KEY_PATTERN.fullmatch(text)
    return PresentedKey(match[1], _sha256(match[2])) if match else None


def key_id_in(text: str) -> str | None:
    """Return the id that an id alone or a whole key names, or None where the text is neither."""
    if presented := parse_key(text):
        return presented.key_id
    return text if KEY_ID_PATTERN.fullmatch(text) else None


def secret_matches(presented: PresentedKey, row: KeyRow | None, now: float) -> bool:
    """Compare in constant time; an unknown id costs the same as a known one."""
    current, previous = row.secrets(now) if row else (NO_SECRET_SHA256, NO_SECRET_SHA256)
    is_current = hmac.compare_digest(presented.secret_sha256, current)
    is_previous = hmac.compare_digest(presented.secret_sha256, previous)
    return (is_current or is_previous) and presented.secret_sha256 != NO_SECRET_SHA256 and row is not None


def key_of(key_id: str) -> dict[str, Any]:
    """Return the DynamoDB primary key of a key's row."""
    return {"pk": {"S": f"KEY#{key_id}"}, "sk": {"S": "KEY"}}


def to_item(row: KeyRow) -> dict[str, Any]:
    """Return the row as a DynamoDB item of attribute values.

    Its expiry is called `valid_until` there: `expires_at` is the table's TTL attribute, and would delete the row.
    """
    item: dict[str, Any] = {
        **key_of(row.key_id),
        "key_id": {"S": row.key_id},
        "secret_sha256": {"S": row.secret_sha256},
        "name": {"S": row.name},
        "created_at": {"N": str(row.created_at)},
        "disabled": {"BOOL": row.disabled},
    }
    texts = {"owner": row.owner, "previous_sha256": row.previous_sha256, "policy": row.policy_json}
    times = {"valid_until": row.expires_at, "previous_until": row.previous_until, "rotated_at": row.rotated_at}
    item |= {name: {"S": text} for name, text in texts.items() if text}
    item |= {name: {"N": str(time)} for name, time in times.items() if time}
    if row.tags:
        item["tags"] = {"S": orjson.dumps(dict(row.tags)).decode()}
    return item


def from_item(item: dict[str, Any]) -> KeyRow:
    """Read a DynamoDB item of attribute values. A row without `disabled` counts as disabled: deny by default.

    Raises:
        KeyError: an attribute is missing or of another type. What is there and not understood might be a restriction.
        ValueError: a number is none, or the tags are no JSON.
    """

    def text(name: str) -> str:
        return str(item[name]["S"]) if name in item else ""

    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return KeyRow(
        key_id=item["key_id"]["S"],
        secret_sha256=item["secret_sha256"]["S"],
        name=item["name"]["S"],
        created_at=int(item["created_at"]["N"]),
        disabled=item.get("disabled", {"BOOL": True})["BOOL"],
        owner=text("owner"),
        expires_at=number("valid_until"),
        previous_sha256=text("previous_sha256"),
        previous_until=number("previous_until"),
        rotated_at=number("rotated_at"),
        tags=orjson.loads(text("tags")) if "tags" in item else None,
        policy_json=text("policy"),
    )


def _code(chosen: str, deployment_secret: bytes) -> str:
    # Named for its purpose: what else this secret may be used for one day must not be good as a code.
    digest = hmac.digest(deployment_secret, b"sluice key id " + chosen.encode(), "sha256")
    # Five bytes are eight characters; more need not be encoded for each request.
    return base64.b32encode(digest[:5]).decode().lower()[: 16 - _RANDOM_PART]


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
