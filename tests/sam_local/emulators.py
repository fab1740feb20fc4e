"""The emulators on this machine, reachable from containers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from sam_local.engine import HOST_NAME
from sluice_local.aws_services import AwsServices, running_aws_services
from sluice_local.bedrock_runtime import AccessKey, Credentials, RunningEmulator, Settings, running_emulator


@dataclass(frozen=True, slots=True)
class Emulators:
    """Both emulators. `environment` is what a function in a container needs to find them."""

    services: AwsServices
    bedrock_runtime: RunningEmulator
    environment: dict[str, str]


@contextmanager
def running_emulators(address: str) -> Iterator[Emulators]:
    """Run the emulators on loopback, and on `address` a relay to each of them, for as long as the block runs."""
    with running_aws_services() as services:
        credentials = Credentials({services.access_key_id: AccessKey(services.secret_access_key)})
        with running_emulator(Settings(region=services.region, credentials=credentials)) as bedrock_runtime:
            loop = bedrock_runtime.loop
            with (
                _relayed(services.endpoint_url, address, loop) as services_url,
                _relayed(bedrock_runtime.url, address, loop) as bedrock_runtime_url,
            ):
                endpoints = {
                    "AWS_ENDPOINT_URL_BEDROCK": services_url,
                    "AWS_ENDPOINT_URL_DYNAMODB": services_url,
                    # It has no functions: a gateway that finds no catalog is told so at once.
                    "AWS_ENDPOINT_URL_LAMBDA": services_url,
                    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_runtime_url,
                }
                yield Emulators(services, bedrock_runtime, services.environment() | endpoints)


@contextmanager
def _relayed(url: str, address: str, loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Listen on `address` and hand every connection to the server at `url`; gives the URL that containers use."""
    target = urlsplit(url).port

    async def connected(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_pipe(client, to_server), _pipe(server, to_client))

    async def stop() -> None:
        listener.close_clients()
        listener.close()
        await listener.wait_closed()

    listener = asyncio.run_coroutine_threadsafe(asyncio.start_server(connected, address, 0), loop).result()
    try:
        yield f"http://{HOST_NAME}:{listener.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass  # the other pipe sees the same end
    finally:
        target.close()
