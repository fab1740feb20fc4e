"""moto's server with Bedrock's control plane, and a DynamoDB in front of it that takes less than it is given."""

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler

import boto3
import pytest
from catalog_refresh.config_file import ConfigFile
from catalog_refresh.listings import list_region
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.refresh import Plan, refresh
from catalog_refresh.request import Request
from catalog_refresh.table import CatalogTable
from infrastructure.expansion import PROJECT
from integration.answering import answering
from sluice_local.aws_services import running_aws_services

NOW = 1_700_000_000
INVOKE = """
import json
import sys
from types import SimpleNamespace

from catalog_refresh.handler import lambda_handler

context = SimpleNamespace(
    function_name="refresh",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:refresh",
    aws_request_id="an-invocation",
)
print("returned:" + json.dumps(lambda_handler(json.loads(sys.argv[1]), context)))
"""

SCHEDULED = json.loads((PROJECT / "events/schedule.json").read_text())


@pytest.fixture
def services(monkeypatch):
    """Run moto; boto3 finds it by the environment."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with running_aws_services() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
        yield running


@pytest.fixture
def client_of(services):
    """Make clients of a service that are closed with the test."""
    with ExitStack() as clients:

        def make(service, **options):
            client = boto3.client(service, **options)
            clients.callback(client.close)
            return client

        yield make


@pytest.fixture
def table_of(services, client_of):
    """Make the table as the function has it, over a client of DynamoDB's."""

    def make(dynamodb=None, pause=no_pause):
        return CatalogTable(dynamodb or client_of("dynamodb"), services.catalog_table, pause)

    return make


def no_pause(_longest):
    pytest.fail("nothing was left unprocessed, so nothing was to be waited for")


@pytest.fixture
def catalog_in_table(table_of):
    """Read the current catalog, as the gateway would; None: there is none."""

    def read(now=NOW):
        _, catalog = table_of().current(now)
        return catalog

    return read


@pytest.fixture
def lister(client_of):
    return lambda region: list_region(client_of("bedrock", region_name=region), region)


@pytest.fixture
def run(lister, table_of):
    def run(
        *,
        now=NOW,
        table=None,
        discover=None,
        regions=("us-east-1",),
        file=None,
        enabled=None,
        has_credentials=True,
        interval=3600,
        **request,
    ):
        options = DiscoveryOptions(enabled=enabled, refresh_interval=interval)
        is_on = has_credentials if enabled is None else enabled
        return refresh(
            lambda: Plan(options, regions, is_on, file() if callable(file) else file or ConfigFile()),
            Request(**{"owner": f"run at {now}", **request}),
            table=table or table_of(),
            discover=discover or lister,
            clock=lambda: now,
        )

    return run


class Throttle:
    """A DynamoDB endpoint that takes only `take` items of each of the first `times` batches."""

    def __init__(self, upstream, take, times):
        self.upstream, self.take, self.times = upstream, take, times
        self.batches = []

    def answer(self, headers, body):
        left_over = {}
        if headers["x-amz-target"].endswith(".BatchWriteItem"):
            body, left_over = self.split(json.loads(body))
        answer = self.forward(headers, body) if body else {}
        return answer | {"UnprocessedItems": left_over}

    def split(self, request):
        ((table, items),) = request["RequestItems"].items()
        self.batches.append(len(items))
        if len(self.batches) > self.times:
            return json.dumps(request).encode(), {}
        taken, left = items[: self.take], items[self.take :]
        return json.dumps({"RequestItems": {table: taken}}).encode() if taken else b"", {table: left} if left else {}

    def forward(self, headers, body):
        request = urllib.request.Request(self.upstream, body, dict(headers), method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())


@contextmanager
def serving(throttle):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            forwarded = {name: self.headers[name] for name in ("authorization", "content-type", "x-amz-target")}
            answer = json.dumps(throttle.answer(forwarded, body)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Say nothing."""

    with answering(Handler) as url:
        yield url


@pytest.fixture
def throttled(services, client_of):
    """Make a DynamoDB client whose batches are taken only in part, and the record of what it sent."""
    with ExitStack() as servers:

        def make(take, times):
            throttle = Throttle(services.endpoint_url, take, times)
            endpoint = servers.enter_context(serving(throttle))
            return client_of("dynamodb", endpoint_url=endpoint), throttle

        yield make


@pytest.fixture
def invoke(services):
    """Cold start the handler and invoke it once; return the process, its log lines, and what it returned."""

    def invoke(event=SCHEDULED, **environment):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", INVOKE, json.dumps(event)],
            env={
                **inherited,
                **services.environment(),
                "POWERTOOLS_SERVICE_NAME": "sluice-catalog-refresh",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        *lines, last = process.stdout.splitlines() or [""]
        returned = last.removeprefix("returned:") if last.startswith("returned:") else None
        logged = lines if returned else [*lines, last]
        return process, [json.loads(line) for line in logged if line], returned and json.loads(returned)

    return invoke
