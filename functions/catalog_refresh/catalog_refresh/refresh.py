"""One refresh: list, choose, write."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

from catalog_refresh.discovery import Discovery, discovered_rows
from catalog_refresh.publish import publish
from catalog_refresh.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_dynamodb import DynamoDBClient


class Summary(TypedDict):
    """What a refresh did; `refreshed_at` is when it started, in epoch seconds."""

    region: str
    models: int
    refreshed_at: int


def refresh(
    settings: Settings,
    *,
    bedrock: "BedrockClient",
    dynamodb: "DynamoDBClient",
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> Summary:
    """Bring the catalog table up to date.

    Nothing is written before Bedrock has listed everything: a failed listing leaves the table as it was.
    """
    discovery = Discovery(settings.region, int(clock()), settings.refresh_interval)
    rows = discovered_rows(discovery, bedrock.list_foundation_models()["modelSummaries"])
    publish(dynamodb, settings.catalog_table, rows, pause)
    return Summary(region=discovery.region, models=len(rows), refreshed_at=discovery.started_at)
