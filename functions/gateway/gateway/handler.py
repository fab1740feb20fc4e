"""The Lambda entry point of the gateway."""

import os
import time
from typing import TYPE_CHECKING, Any

from streaming_runtime import StreamResponse

from gateway.aws.tls import tls_context
from gateway.fronts.function_url import LambdaContext, is_http, read_event, stream_response
from gateway.settings import read_settings

if TYPE_CHECKING:
    from gateway.application import Application


def _started() -> "Application":
    settings = read_settings(os.environ)
    if any(url.startswith("https:") for url in (settings.bedrock_runtime_endpoint, settings.dynamodb_endpoint)):
        tls_context(settings.ca_bundle)
    # Imported only now, while a thread reads the CA bundle.
    from gateway.wiring import build_application

    return build_application(settings)


_application = _started()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> StreamResponse | dict[str, Any]:
    """Answer a function URL's event with a streamed response, and any other event with what this function is."""
    if not is_http(event):
        return {
            "message": "This is Sluice's gateway. Invoke it through its function URL, or with a function URL event."
        }
    request = read_event(event, context, _application.settings.url_auth, time.monotonic())
    return stream_response(_application.handle(request))
