"""The scheduled function's entry point: everything a cold start makes, and one refresh an invocation."""

import os
import random
import time
from typing import Any

import boto3
import botocore.session
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from catalog_refresh.clients import Clients
from catalog_refresh.config_file import ConfigFile, read_config
from catalog_refresh.config_source import config_text
from catalog_refresh.credentials import credential_source, drop_blank_variables, drop_pretended_profile
from catalog_refresh.listings import RegionListing, list_region
from catalog_refresh.observability import logger, report, report_failure, tracer
from catalog_refresh.planning import plan_of
from catalog_refresh.refresh import Plan, refresh
from catalog_refresh.request import read_request
from catalog_refresh.settings import read_settings
from catalog_refresh.summary import Summary
from catalog_refresh.table import CatalogTable


def _pause(longest: float) -> None:
    """Sleep up to so many seconds: full jitter, so that throttled writers do not come back together."""
    time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret depends on it


settings = read_settings(os.environ)
drop_blank_variables(os.environ)
drop_pretended_profile(os.environ, lambda: botocore.session.Session().available_profiles)
session = boto3.Session(region_name=settings.region)
clients = Clients(session)
table = CatalogTable(clients.dynamodb(), settings.catalog_table, _pause)


@logger.inject_lambda_context
# A trace has no place for the changes of a large catalog.
@tracer.capture_lambda_handler(capture_response=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Summary:
    """Refresh the catalog. A failure is raised, so that Lambda tries again.

    An event may have `force` (publish whatever is listed) and `dry_run` (write nothing, say what would change).
    """
    try:
        request = read_request(event, context.aws_request_id)
        summary = refresh(_plan, request, table=table, discover=_discover, clock=time.time)
    except Exception as error:
        report_failure(error, settings.catalog_table, _age())
        raise
    report(summary, settings.catalog_table)
    return summary


def _plan() -> Plan:
    file = read_config(config_text(settings.config, clients), settings.config) if settings.config else ConfigFile()
    return plan_of(settings, file, _credentials)


def _credentials() -> str | None:
    return credential_source(os.environ, lambda: session.get_credentials() is not None)


def _discover(region: str) -> RegionListing:
    return list_region(clients.bedrock(region), region)


def _age() -> int | None:
    """Return the age of the last catalog, even if it has expired; None: there never was one, or the table failed."""
    try:
        pointer = table.pointer()
    except (BotoCoreError, ClientError):
        return None
    return int(time.time()) - pointer.times.started_at if pointer else None
