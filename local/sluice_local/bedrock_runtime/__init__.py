"""Amazon Bedrock Runtime on one machine: real HTTP, TLS, eventstream frames, signatures and refusals, and no AWS.

It answers by itself, and it can be scripted: see `docs/emulator.md`.

    with running_emulator(certificates=folder) as emulator:
        client = boto3.client("bedrock-runtime", endpoint_url=emulator.url, ...)
"""

from sluice_local.bedrock_runtime.authentication import DEFAULT_CREDENTIALS, AccessKey, Credentials
from sluice_local.bedrock_runtime.emulator import ACCOUNT_ID, BedrockRuntimeEmulator, Settings
from sluice_local.bedrock_runtime.errors import ServiceError, refused
from sluice_local.bedrock_runtime.recording import RecordedRequest
from sluice_local.bedrock_runtime.running import RunningEmulator, running_emulator
from sluice_local.bedrock_runtime.scenarios.library import library_names, library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Cut,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Scenario,
    Step,
    Wait,
)

__all__ = [
    "ACCOUNT_ID",
    "DEFAULT_CREDENTIALS",
    "AccessKey",
    "BedrockRuntimeEmulator",
    "Credentials",
    "Cut",
    "Delivery",
    "ErrorEvent",
    "Event",
    "ExceptionEvent",
    "RawBytes",
    "RecordedRequest",
    "RunningEmulator",
    "Scenario",
    "ServiceError",
    "Settings",
    "Step",
    "Wait",
    "library_names",
    "library_scenario",
    "refused",
    "running_emulator",
]
