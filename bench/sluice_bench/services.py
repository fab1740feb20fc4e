"""What the measured functions call, each in a process of its own: the Bedrock Runtime emulator, and the tables.

Run as a program it prints how to reach one of the two as one line of JSON, and serves until its standard input ends, so
that it never outlives who started it. In one process they would share an interpreter's lock, and what one request
writes down after its answer would hold back the answer to the next.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any, cast
from urllib.parse import urlsplit

from sluice_local.http_server import serve

from sluice_bench.access_cases import keys_of_cases
from sluice_bench.account import publish_catalog
from sluice_bench.tables import Item, TableCalls, Tables

_KEY = "bench"


@dataclass(frozen=True, slots=True)
class Services:
    """Running services, of processes `pids`. `environ` is what leads a function to the tables.

    `key` opens the gateway, `bearer_token` Bedrock. `keys` are those of the cases of `access_cases`, by their names, if
    they were asked for. The tables hold the catalog of `account`.
    """

    pids: tuple[int, ...]
    bedrock_url: str
    bearer_token: str
    tables_url: str
    environ: dict[str, str]
    key: str
    keys: dict[str, str]

    def table_calls(self) -> TableCalls:
        """Return how many requests to the tables there were so far."""
        with closing(HTTPConnection(urlsplit(self.tables_url).netloc)) as connection:
            connection.request("GET", "/")
            return TableCalls(**json.loads(connection.getresponse().read()))


class ServicesFailed(Exception):
    """A service did not start; it has said why on standard error."""


@contextmanager
def running_services(*, with_cases: bool = False) -> Iterator[Services]:
    """Run both services until the block ends, with one key, or with those of `access_cases` too.

    Raises:
        ServicesFailed: one did not start.
    """
    with ExitStack() as running:
        names = ("bedrock", "tables-with-cases" if with_cases else "tables")
        bedrock, tables = (running.enter_context(_running(name)) for name in names)
        yield Services(
            pids=(bedrock["pid"], tables["pid"]),
            bedrock_url=bedrock["url"],
            bearer_token=bedrock["bearer_token"],
            tables_url=tables["url"],
            environ={**tables["environ"], **bedrock["environ"]},
            key=tables["key"],
            keys=tables["keys"],
        )


@contextmanager
def _running(name: str) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice_bench.services", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise ServicesFailed(f"{name} did not start")
            yield {"pid": process.pid, **json.loads(line)}
        finally:
            process.stdin.close()


async def _serve_bedrock() -> None:
    from sluice_local.bedrock_runtime import DEFAULT_CREDENTIALS, BedrockRuntimeEmulator

    [(key_id, access_key)] = DEFAULT_CREDENTIALS.access_keys.items()
    emulator = BedrockRuntimeEmulator()
    server = await emulator.start()
    await _serve_until_told(
        url=f"http://127.0.0.1:{server.port}",
        bearer_token=DEFAULT_CREDENTIALS.bearer_tokens[0],
        environ={"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": access_key.secret},
    )
    await emulator.close()


async def _serve_tables(*, with_cases: bool = False) -> None:
    environ, keys, items = _new_tables(with_cases)
    server = await serve(Tables(items).handle)
    url = f"http://127.0.0.1:{server.port}"
    key = keys.pop(_KEY)
    await _serve_until_told(url=url, environ={**environ, "AWS_ENDPOINT_URL_DYNAMODB": url}, key=key, keys=keys)
    await server.close()


def _new_tables(with_cases: bool) -> tuple[dict[str, str], dict[str, str], dict[str, list[Item]]]:
    """Return what leads to the tables, the keys that open the gateway, and the tables' items with those in them."""
    import boto3
    from catalog_refresh.table import CatalogTable
    from sluice.key_issuing import draft_key, issue_key
    from sluice_local.aws_services import running_aws_services

    with running_aws_services() as aws:
        client = boto3.client(
            "dynamodb",
            endpoint_url=aws.endpoint_url,
            region_name=aws.region,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key=aws.secret_access_key,
        )
        keys = {_KEY: issue_key(client, aws.access_table, draft_key(_KEY))[0]}
        if with_cases:
            keys |= keys_of_cases(client, aws.access_table)
        publish_catalog(CatalogTable(client, aws.catalog_table, time.sleep))
        tables = (aws.access_table, aws.catalog_table)
        items = {table: cast("list[Item]", client.scan(TableName=table)["Items"]) for table in tables}
        client.close()
        return aws.environment(), keys, items


async def _serve_until_told(**how_to_reach: object) -> None:
    # A collection among all that is loaded takes 100 ms, which a measured stream would wait for.
    gc.freeze()
    print(json.dumps(how_to_reach), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


_SERVICES: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
    "bedrock": _serve_bedrock,
    "tables": _serve_tables,
    "tables-with-cases": partial(_serve_tables, with_cases=True),
}

if __name__ == "__main__":
    asyncio.run(_SERVICES[sys.argv[1]]())
