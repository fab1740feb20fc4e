"""The Lambda entry point of the gateway."""

import os
import time
from typing import Any

from sluice.resolution import Policy
from streaming_runtime import StreamResponse

from gateway.application import Application
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.aws.connection import Endpoint
from gateway.aws.credentials import credential_source
from gateway.aws.dynamodb import DynamoDB
from gateway.fronts.function_url import LambdaContext, is_http, read_event, stream_response
from gateway.settings import Settings, read_settings
from gateway.stores.catalog import CatalogStore
from gateway.stores.keys import KeyStore
from gateway.stores.model_names import ModelNames


def build_application(settings: Settings) -> Application:
    """Wire the application to AWS. What is slow to make (the TLS context) is made here, at cold start."""
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


_application = build_application(read_settings(os.environ))


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> StreamResponse | dict[str, Any]:
    """Answer a function URL's event with a streamed response, and any other event with what this function is."""
    if not is_http(event):
        return {
            "message": "This is Sluice's gateway. Invoke it through its function URL, or with a function URL event."
        }
    request = read_event(event, context, _application.settings.url_auth, time.monotonic())
    return stream_response(_application.handle(request))
