"""What is sent to Bedrock on a caller's behalf."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to Bedrock. `operation` is the last part of its path; `is_native`: the client wrote the body itself."""

    operation: str
    headers: Mapping[str, str]
    body: bytes
    is_native: bool = False
