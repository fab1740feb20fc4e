"""What the measured functions call, in a process of its own: the Bedrock Runtime emulator, and moto with the tables.

Run as a program it prints how to reach both as one line of JSON, and serves until its standard input ends, so that it
never outlives who started it.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

_RECORDER = "/moto-api/recorder"


@dataclass(frozen=True, slots=True)
class Services:
    """Running services, of process `pid`. `environ` is what leads a function to the tables, `key` opens the gateway."""

    pid: int
    bedrock_url: str
    bearer_token: str
    tables_url: str
    environ: dict[str, str]
    key: str

    def start_counting(self) -> None:
        """Count the requests to the tables from here on."""
        self._recorder("reset-recording")
        self._recorder("start-recording")

    def counted(self) -> int:
        """Return how many requests came since, and stop counting."""
        self._recorder("stop-recording")
        return len(self._recorder("download-recording", "GET").splitlines())

    def _recorder(self, action: str, method: str = "POST") -> bytes:
        connection = HTTPConnection(urlsplit(self.tables_url).netloc)
        try:
            connection.request(method, f"{_RECORDER}/{action}")
            return connection.getresponse().read()
        finally:
            connection.close()


class ServicesFailed(Exception):
    """The services did not start; they have said why on standard error."""


@contextmanager
def running_services(folder: Path) -> Iterator[Services]:
    """Run both services until the block ends; moto's recorder writes into `folder`.

    Raises:
        ServicesFailed: they did not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice_bench.services"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "MOTO_RECORDER_FILEPATH": str(folder / "recording")},
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise ServicesFailed("the emulators of Bedrock and DynamoDB did not start")
            yield Services(**json.loads(line))
        finally:
            process.stdin.close()


async def _serve() -> None:
    # boto3 and moto take a second to import; only this process needs them.
    import boto3
    from sluice.key_issuing import draft_key, issue_key
    from sluice_local.aws_services import running_aws_services
    from sluice_local.bedrock_runtime import DEFAULT_CREDENTIALS, BedrockRuntimeEmulator

    [(key_id, access_key)] = DEFAULT_CREDENTIALS.access_keys.items()
    credentials = {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": access_key.secret}
    emulator = BedrockRuntimeEmulator()
    server = await emulator.start()
    with running_aws_services() as aws:
        tables = boto3.client(
            "dynamodb",
            endpoint_url=aws.endpoint_url,
            region_name=aws.region,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key=aws.secret_access_key,
        )
        key, _ = issue_key(tables, aws.access_table, draft_key("bench"))
        tables.close()
        services = Services(
            pid=os.getpid(),
            bedrock_url=f"http://127.0.0.1:{server.port}",
            bearer_token=DEFAULT_CREDENTIALS.bearer_tokens[0],
            tables_url=aws.endpoint_url,
            environ={**aws.environment(), **credentials},
            key=key,
        )
        # A collection among what moto has loaded takes 100 ms, which a measured stream would wait for.
        gc.freeze()
        print(json.dumps(asdict(services)), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await emulator.close()


if __name__ == "__main__":
    asyncio.run(_serve())
