"""The AWS services around Bedrock in a process of their own.

moto keeps its state in module variables, and the tests of the refresh function and of the command line start afresh
with them in this process.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AwsProcess:
    """Running services. `environment` leads the functions and boto3 to them, not to Bedrock Runtime."""

    environment: dict[str, str]

    @property
    def endpoint_url(self) -> str:
        return self.environment["AWS_ENDPOINT_URL_DYNAMODB"]

    @property
    def access_table(self) -> str:
        return self.environment["SLUICE_ACCESS_TABLE"]


@contextmanager
def running_aws_process() -> Iterator[AwsProcess]:
    """Run the services until the block ends, or this process."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield AwsProcess(json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


if __name__ == "__main__":
    from sluice_local.aws_services import running_aws_services

    with running_aws_services() as services:
        print(json.dumps(services.environment()), flush=True)
        sys.stdin.read()
