"""Models that only Bedrock's other endpoint, bedrock-mantle, serves under their ids.

The facts file is asked only after Bedrock Runtime has refused an id, so that a model which moves there works that day.
"""

from gateway.errors import GatewayError, UnknownModel

_REFUSALS_OF_AN_ID = frozenset({"ResourceNotFoundException", "ValidationException"})


def explained(error: GatewayError, model_id: str) -> GatewayError:
    """Return the error to show for Bedrock Runtime's refusal of a request to this model."""
    if error.aws_type not in _REFUSALS_OF_AN_ID or "identifier" not in str(error):
        return error
    # The facts of all models take their time to read, and few requests come here.
    from sluice.model_facts import served_by_mantle_only

    if model_id not in served_by_mantle_only():
        return error
    return UnknownModel(
        f"{model_id} is served only by the bedrock-mantle endpoint, not by Bedrock Runtime, so Sluice cannot reach "
        f"it. GET /v1/models lists what it can. (Bedrock: {error})"
    )
