"""The application of one environment, wired to AWS."""

import os
import time

from sluice.resolution import Policy

from gateway.application import Application
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.aws.connection import Endpoint
from gateway.aws.credentials import credential_source
from gateway.aws.dynamodb import DynamoDB
from gateway.settings import Settings
from gateway.stores.catalog import CatalogStore
from gateway.stores.keys import KeyStore
from gateway.stores.model_names import ModelNames


def build_application(settings: Settings) -> Application:
    """Make the application. What is slow to make (the TLS context) is made here, at cold start."""
    credentials = credential_source(os.environ)
    bedrock = Endpoint(settings.bedrock_runtime_endpoint, "Bedrock Runtime", settings.ca_bundle)
    tables = Endpoint(settings.dynamodb_endpoint, "DynamoDB", settings.ca_bundle)
    dynamodb = DynamoDB(tables, credentials, settings.region, time.time)
    catalog = CatalogStore(dynamodb, settings.catalog_table, time.time)
    policy = Policy(settings.region, settings.profile_preference, settings.residency)
    return Application(
        settings=settings,
        bedrock=BedrockRuntime(bedrock, credentials, settings.region, time.time, settings.bedrock_api_key),
        keys=KeyStore(dynamodb, settings.access_table, time.time),
        catalog=catalog,
        names=ModelNames(catalog.catalog, policy, time.time),
        new_id=lambda: os.urandom(16).hex(),
    )
