"""The application of one environment, wired to AWS."""

import os
import time
from typing import TYPE_CHECKING

from sluice.resolution import Policy

from gateway.application import Application
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.aws.connection import Endpoint
from gateway.aws.credentials import CredentialSource, credential_source
from gateway.aws.dynamodb import DynamoDB
from gateway.settings import Settings
from gateway.stores.access import AccessStore
from gateway.stores.catalog import CatalogStore
from gateway.stores.model_names import ModelNames
from gateway.stores.refreshing import NoRefreshing, RefreshFunction, Refreshing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.accounting import Accounting
    from gateway.aws.lambda_function import LambdaFunction


def build_application(settings: Settings) -> Application:
    """Make the application. What is slow to make (the TLS context) is made here, at cold start."""
    credentials = credential_source(os.environ)
    bedrock = _bedrock_runtime(settings, settings.region)
    tables = Endpoint(settings.dynamodb_endpoint, "DynamoDB", settings.ca_bundle)
    dynamodb = DynamoDB(tables, credentials, settings.region, time.time)
    catalog = CatalogStore(
        dynamodb,
        settings.catalog_table,
        time.time,
        settings.region,
        _refreshing(settings, credentials),
        is_live=settings.catalog_is_live,
    )
    policy = Policy(settings.region, settings.profile_preference, settings.residency)
    names = ModelNames(catalog.catalog, policy, time.time)
    return Application(
        settings=settings,
        bedrock=BedrockRuntime(
            bedrock,
            credentials,
            settings.region,
            time.time,
            lambda region: _bedrock_runtime(settings, region),
            settings.bedrock_api_key,
        ),
        access=AccessStore(dynamodb, settings.access_table, time.time),
        catalog=catalog,
        names=names,
        new_id=lambda: os.urandom(16).hex(),
        accounting=_accounting(dynamodb, settings, names),
    )


def _accounting(dynamodb: DynamoDB, settings: Settings, names: ModelNames) -> "Callable[[], Accounting]":
    made: Accounting | None = None

    def accounting() -> "Accounting":
        nonlocal made
        if made is None:
            # After the first byte, unless the caller is restricted.
            from gateway.accounting import Accounting

            made = Accounting(dynamodb, settings.access_table, names, time.time, os.urandom(8).hex())
        return made

    return accounting


def _bedrock_runtime(settings: Settings, region: str) -> Endpoint:
    return Endpoint(settings.bedrock_runtime_in(region), "Bedrock Runtime", settings.ca_bundle)


def _refreshing(settings: Settings, credentials: CredentialSource) -> Refreshing:
    def refresh_function() -> "LambdaFunction":
        from gateway.aws.lambda_function import LambdaFunction

        endpoint = Endpoint(settings.lambda_endpoint, "Lambda", settings.ca_bundle)
        return LambdaFunction(endpoint, settings.refresh_function, credentials, settings.region, time.time)

    return RefreshFunction(refresh_function) if settings.refresh_function else NoRefreshing()
