"""What a function is, and what its execution environments find in their environment variables."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# Lambda's limit for payloads of invocations and of buffered responses: 6 MiB and 100 bytes.
MAX_PAYLOAD = 6 * 1024 * 1024 + 100
ACCOUNT_ID = "123456789012"
VERSION = "$LATEST"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function and the limits of its environments. Times are in seconds.

    command: what an environment runs, Lambda's bootstrap. It finds the handler in `_HANDLER`.
    environ: the function's own variables; nothing but PATH comes from this process.
    max_concurrency: environments at once; a request above it is throttled.
    on_timeout: "kill" as Lambda does; with "abandon" the environment lives on, so that a runtime can be shown the 410
        that its late answer gets.
    snap_start: offers `/restore/next` and says so in `AWS_LAMBDA_INITIALIZATION_TYPE`.
    """

    name: str
    handler: str
    task_root: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 900.0
    init_timeout: float = 10.0
    memory_mb: int = 512
    command: Sequence[str] = (sys.executable, "-m", "streaming_runtime")
    cwd: Path | None = None
    max_concurrency: int = 1000
    on_timeout: Literal["kill", "abandon"] = "kill"
    snap_start: bool = False

    @property
    def region(self) -> str:
        """The region that the function believes to be in."""
        return self.environ.get("AWS_REGION", "us-east-1")

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT_ID}:function:{self.name}"


def environment_variables(spec: FunctionSpec, runtime_api: str, log_stream: str) -> dict[str, str]:
    """Return what a process of the function finds, as Lambda sets it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_REGION": spec.region,
        "AWS_DEFAULT_REGION": spec.region,
        **spec.environ,
        "_HANDLER": spec.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": VERSION,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if spec.snap_start else "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(spec.task_root),
    }
