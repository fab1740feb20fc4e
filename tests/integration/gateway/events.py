"""Function URL events straight into a deployed gateway: what no front door would let through, too."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from integration.clients.raw import Reply
from sluice_local.lambda_service import RunningFunctionUrl

_SEPARATOR = b"\0" * 8


def event(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: object = b"", principal: str = ""
) -> dict[str, Any]:
    """Return an event of payload format 2.0. With a principal it has the authorizer that AWS_IAM puts there."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    raw_path, _, query = path.partition("?")
    identity = {"authorizer": {"iam": {"userArn": principal}}} if principal else {}
    return {
        "version": "2.0",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": dict(headers or {}),
        "requestContext": {"http": {"method": method, "path": raw_path}, **identity},
        "body": base64.b64encode(sent).decode(),
        "isBase64Encoded": True,
    }


def ask_by_event(gateway: RunningFunctionUrl, asked: Mapping[str, Any]) -> Reply:
    """Invoke the gateway with an event and return its answer."""
    result = gateway.invoke(asked)
    assert not result.error, result.payload
    prelude, separator, body = result.payload.partition(_SEPARATOR)
    assert separator
    head = json.loads(prelude)
    return Reply(head["statusCode"], {name.lower(): value for name, value in head["headers"].items()}, body)
