"""Edge: the refresh function, invoked as the operator asks."""

import json
from typing import TYPE_CHECKING, Any, cast

from sluice_cli.errors import CommandError, aws_errors
from sluice_cli.target import Target

if TYPE_CHECKING:
    from catalog_refresh.summary import Summary


def invoke_refresh(target: Target, *, force: bool, dry_run: bool) -> "Summary":
    """Have the catalog refreshed, wait for it, and return what became of it."""
    event = {"source": "sluice.cli", "force": force, "dry_run": dry_run}
    name = target.refresh_function
    with aws_errors(f"lambda:InvokeFunction on {name}", unreachable=target.unreachable):
        answer = target.aws_lambda.invoke(FunctionName=name, Payload=json.dumps(event))
        payload: Any = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise CommandError(f"The refresh failed: {payload.get('errorMessage') or payload}")
    return cast("Summary", payload)
