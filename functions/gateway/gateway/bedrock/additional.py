"""Fields of the model's own reply, which Bedrock hands on where a request points to them.

A pointer leads into Claude's whole message or into the event of its stream, and there some fields stand below `delta`:
requests point to both places, and what is not there is left out.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from typing import Any


def additional_field(fields: object, name: str) -> Any:
    """Return a field of a reply's additionalModelResponseFields; None where there is none."""
    if not isinstance(fields, dict):
        return None
    delta = fields.get("delta")
    return fields.get(name) or (delta.get(name) if isinstance(delta, dict) else None)
