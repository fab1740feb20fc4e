"""The catalog table's rows: one model a row, with a TTL. The table is a cache and may be lost."""

from dataclasses import dataclass
from typing import Any

# What OpenClaw's discovery assumes where AWS says nothing (`models.bedrockDiscovery`).
DEFAULT_CONTEXT_WINDOW = 32_000
DEFAULT_MAX_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model a client may ask for. Times are epoch seconds; modalities are Bedrock's words (`TEXT`, `IMAGE`, …)."""

    model_id: str
    name: str
    provider: str
    region: str
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    streaming: bool
    lifecycle: str
    context_window: int
    max_output_tokens: int
    discovered_at: int
    stale_at: int
    expires_at: int


def partition_of(region: str) -> str:
    """Return the partition key under which a region's models lie."""
    return f"CATALOG#{region}"


def to_item(row: ModelRow) -> dict[str, Any]:
    """Return the row as a DynamoDB item of attribute values."""
    return {
        "pk": {"S": partition_of(row.region)},
        "sk": {"S": f"MODEL#{row.model_id}"},
        "model_id": {"S": row.model_id},
        "name": {"S": row.name},
        "provider": {"S": row.provider},
        "region": {"S": row.region},
        "input_modalities": {"L": [{"S": word} for word in row.input_modalities]},
        "output_modalities": {"L": [{"S": word} for word in row.output_modalities]},
        "streaming": {"BOOL": row.streaming},
        "lifecycle": {"S": row.lifecycle},
        "context_window": {"N": str(row.context_window)},
        "max_output_tokens": {"N": str(row.max_output_tokens)},
        "discovered_at": {"N": str(row.discovered_at)},
        "stale_at": {"N": str(row.stale_at)},
        "expires_at": {"N": str(row.expires_at)},
    }


def from_item(item: dict[str, Any]) -> ModelRow:
    """Read a DynamoDB item of attribute values."""
    return ModelRow(
        model_id=item["model_id"]["S"],
        name=item["name"]["S"],
        provider=item["provider"]["S"],
        region=item["region"]["S"],
        input_modalities=tuple(word["S"] for word in item["input_modalities"]["L"]),
        output_modalities=tuple(word["S"] for word in item["output_modalities"]["L"]),
        streaming=item["streaming"]["BOOL"],
        lifecycle=item["lifecycle"]["S"],
        context_window=int(item["context_window"]["N"]),
        max_output_tokens=int(item["max_output_tokens"]["N"]),
        discovered_at=int(item["discovered_at"]["N"]),
        stale_at=int(item["stale_at"]["N"]),
        expires_at=int(item["expires_at"]["N"]),
    )


def live_rows(rows: list[ModelRow], now: float) -> list[ModelRow]:
    """Drop what has expired: DynamoDB's TTL deletes days late, so every read filters."""
    return [row for row in rows if row.expires_at > now]
