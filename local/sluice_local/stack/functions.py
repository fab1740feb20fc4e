"""The two functions as the stack deploys them: the same handlers, runtimes and variables as `template.yaml`'s."""

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sluice_local.aws_services import AwsServices
from sluice_local.lambda_service import FunctionSpec
from sluice_local.stack.callers_credentials import with_callers_credentials
from sluice_local.stack.options import Options

_TIMEOUT_SECONDS = 900.0
_MEMORY_MB = 512
# What an operator may set on the functions, taken over from the caller's environment.
_PASSED_ON = (
    "POWERTOOLS_LOG_LEVEL",
    "SLUICE_CONFIG",
    "SLUICE_CORS_ALLOW_ORIGINS",
    "SLUICE_DEFAULT_CONTEXT_WINDOW",
    "SLUICE_DEFAULT_MAX_TOKENS",
    "SLUICE_DISCOVERY_ENABLED",
    "SLUICE_DISCOVERY_REGION",
    "SLUICE_METRICS",
    "SLUICE_PATH_PREFIX",
    "SLUICE_PROFILE_PREFERENCE",
    "SLUICE_PROVIDER_FILTER",
    "SLUICE_REFRESH_INTERVAL",
    "SLUICE_RESIDENCY",
    "SLUICE_UPSTREAM_IDLE_TIMEOUT",
)


def gateway_spec(environment: Mapping[str, str]) -> FunctionSpec:
    """Return the gateway, on the streaming runtime."""
    return FunctionSpec(
        name="sluice-gateway",
        handler="gateway.handler.lambda_handler",
        task_root=_task_root("gateway"),
        # Nobody collects metrics here, and they are lines in the terminal.
        environ={"SLUICE_METRICS": "none", **environment, "POWERTOOLS_SERVICE_NAME": "sluice-gateway"},
        timeout=_TIMEOUT_SECONDS,
        memory_mb=_MEMORY_MB,
    )


def refresh_spec(environment: Mapping[str, str]) -> FunctionSpec:
    """Return the refresh function, on the plain runtime."""
    handler = "catalog_refresh.handler.lambda_handler"
    return FunctionSpec(
        name="sluice-catalog-refresh",
        handler=handler,
        task_root=_task_root("catalog_refresh"),
        environ={
            **environment,
            "POWERTOOLS_SERVICE_NAME": "sluice-catalog-refresh",
            # As the gateway's, and a trace has nobody to go to.
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_TRACE_DISABLED": "true",
        },
        timeout=_TIMEOUT_SECONDS,
        memory_mb=_MEMORY_MB,
        command=(sys.executable, "-m", "awslambdaric", handler),
    )


def function_environment(options: Options, aws: AwsServices, bedrock_runtime_url: str) -> dict[str, str]:
    """Return the variables both functions get. `bedrock_runtime_url` is the emulator's, empty where it is not used."""
    environment = {
        **aws.environment(),
        "AWS_REGION": options.region,
        "AWS_DEFAULT_REGION": options.region,
        "SLUICE_URL_AUTH": "NONE",
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    }
    if config := environment.get("SLUICE_CONFIG", "").strip():
        # The function runs in a folder of its own.
        environment["SLUICE_CONFIG"] = config if config.startswith(("ssm:", "s3://")) else str(Path(config).absolute())
    if options.emulates_bedrock_runtime:
        environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = bedrock_runtime_url
    if not options.emulates_bedrock:
        del environment["AWS_ENDPOINT_URL_BEDROCK"]
    environment.update(options.endpoints if options.upstream == "emulator" else {})
    return environment if options.is_offline else with_callers_credentials(environment, options)


def _task_root(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the package {package} is not installed", name=package)
    return Path(found.origin).parents[1]
