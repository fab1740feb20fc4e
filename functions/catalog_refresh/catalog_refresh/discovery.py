"""What Bedrock lists, and which of it goes into the catalog: OpenClaw's rules (`models.bedrockDiscovery`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sluice.catalog import DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, ModelRow

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import FoundationModelSummaryTypeDef

# A row outlives many failed refreshes: clients would rather have an old catalog than none.
SHORTEST_LIFE = 7 * 24 * 3600
LIFE_IN_INTERVALS = 10


@dataclass(frozen=True, slots=True)
class Discovery:
    """One run of the discovery. Times are epoch seconds, the interval seconds."""

    region: str
    started_at: int
    refresh_interval: int

    @property
    def stale_at(self) -> int:
        """When the next run should have written again."""
        return self.started_at + self.refresh_interval

    @property
    def expires_at(self) -> int:
        """When the rows stop counting (DynamoDB's TTL)."""
        return self.started_at + max(SHORTEST_LIFE, LIFE_IN_INTERVALS * self.refresh_interval)


def discovered_rows(discovery: Discovery, summaries: Iterable["FoundationModelSummaryTypeDef"]) -> Sequence[ModelRow]:
    """Return the rows of the models that a client can chat with, each id once."""
    rows = (_row(discovery, summary) for summary in summaries if _is_kept(summary))
    # DynamoDB refuses a batch that names a key twice.
    return list({row.model_id: row for row in rows}.values())


def _is_kept(summary: "FoundationModelSummaryTypeDef") -> bool:
    """Text comes out, it can be streamed, and Bedrock is not about to withdraw the model; what is not said is no."""
    return (
        bool(summary.get("modelId", "").strip())
        and summary.get("responseStreamingSupported") is True
        and any(modality.upper() == "TEXT" for modality in summary.get("outputModalities", ()))
        and _lifecycle(summary) == "ACTIVE"
    )


def _row(discovery: Discovery, summary: "FoundationModelSummaryTypeDef") -> ModelRow:
    model_id = summary["modelId"].strip()
    return ModelRow(
        model_id=model_id,
        name=summary.get("modelName", "").strip() or model_id,
        provider=summary.get("providerName", "").strip() or model_id.split(".")[0],
        region=discovery.region,
        input_modalities=tuple(summary.get("inputModalities", ())) or ("TEXT",),
        output_modalities=tuple(summary.get("outputModalities", ())),
        streaming=True,
        lifecycle=_lifecycle(summary),
        context_window=DEFAULT_CONTEXT_WINDOW,
        max_output_tokens=DEFAULT_MAX_TOKENS,
        discovered_at=discovery.started_at,
        stale_at=discovery.stale_at,
        expires_at=discovery.expires_at,
    )


def _lifecycle(summary: "FoundationModelSummaryTypeDef") -> str:
    return str(summary.get("modelLifecycle", {}).get("status", "")).upper()
