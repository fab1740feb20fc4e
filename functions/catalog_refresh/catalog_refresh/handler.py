"""The scheduled function's entry point: everything a cold start makes, and one log line an invocation."""

import os
import random
import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from catalog_refresh.refresh import Summary, refresh
from catalog_refresh.settings import read_settings

settings = read_settings(os.environ)
logger = Logger()
# A listing and a batch that both hang to the last attempt still end before the function's timeout (120 s), which would
# end them without a word.
config = Config(
    region_name=settings.region,
    connect_timeout=3,
    read_timeout=12,
    retries={"mode": "standard", "total_max_attempts": 3},
)
bedrock = boto3.client("bedrock", config=config)
dynamodb = boto3.client("dynamodb", config=config)


@logger.inject_lambda_context
def lambda_handler(_event: dict[str, Any], _context: LambdaContext) -> Summary:
    """Refresh the catalog. A failure is raised, so that Lambda tries again."""
    try:
        summary = refresh(settings, bedrock=bedrock, dynamodb=dynamodb, clock=time.time, pause=_pause)
    except Exception:
        logger.exception("The catalog was not refreshed", table=settings.catalog_table, region=settings.region)
        raise
    logger.info("The catalog was refreshed", table=settings.catalog_table, **summary)
    return summary


def _pause(longest: float) -> None:
    """Sleep up to so many seconds: full jitter, so that throttled writers do not come back together."""
    time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret depends on it
