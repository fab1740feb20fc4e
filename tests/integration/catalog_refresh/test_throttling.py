"""A refresh where AWS throttles: the function's own clients, and a proxy that refuses the first requests."""

import http.client
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from catalog_refresh.clients import Clients
from catalog_refresh.listings import list_region
from catalog_refresh.table import CatalogTable
from integration.answering import answering
from integration.catalog_refresh.regions import lists

REGION = "us-east-1"


class Throttle:
    """A place in front of an endpoint that refuses the first `times` requests for each of `operations`.

    An operation is DynamoDB's target or the beginning of Bedrock's path; `refused` has what was refused, in order.
    """

    def __init__(self, upstream, operations, times, status, error):
        self.upstream = urlsplit(upstream).netloc
        self.left = dict.fromkeys(operations, times)
        self.status, self.error = status, error
        self.refused = []

    def answer(self, method, path, headers, body):
        asked = headers.get("x-amz-target", "").rpartition(".")[2] or urlsplit(path).path
        if self.left.get(asked, 0) > 0:
            self.left[asked] -= 1
            self.refused.append(asked)
            return self.status, json.dumps({"__type": self.error, "message": "Rate exceeded"}).encode()
        connection = http.client.HTTPConnection(self.upstream)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def serving(throttle):
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = throttle.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("x-amzn-errortype", throttle.error)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def log_message(self, *_):
            """Say nothing."""

    with answering(Handler) as url:
        yield url


@pytest.fixture
def clients_behind(services, monkeypatch):
    """Make the function's clients, of which one service's are throttled."""
    made = []

    @contextmanager
    def behind(service, throttle):
        with serving(throttle) as endpoint:
            clients = Clients(boto3.Session(region_name=REGION))
            made.append(clients)
            with monkeypatch.context() as patched:
                patched.setenv(f"AWS_ENDPOINT_URL_{service}", endpoint)
                for make in (clients.dynamodb, lambda: clients.bedrock(REGION)):
                    make()
            yield clients

    yield behind
    for clients in made:
        clients.close()


def test_lists_that_bedrock_throttles_are_asked_again(services, clients_behind):
    paths = ("/foundation-models", "/inference-profiles", "/imported-models")
    throttle = Throttle(services.endpoint_url, paths, 1, 429, "ThrottlingException")
    with clients_behind("BEDROCK", throttle) as clients:
        listing = list_region(clients.bedrock(REGION), REGION)
    assert sorted(throttle.refused) == sorted(paths)
    assert (listing.failures, listing.is_complete) == ([], True)


def test_a_list_that_bedrock_throttles_to_the_last_is_reported_and_the_rest_comes(services, clients_behind):
    throttle = Throttle(services.endpoint_url, ["/imported-models"], 100, 429, "ThrottlingException")
    with clients_behind("BEDROCK", throttle) as clients:
        listing = list_region(clients.bedrock(REGION), REGION)
    (failure,) = listing.failures
    assert (failure.operation, failure.reason, len(throttle.refused)) == ("ListImportedModels", "failed", 3)
    assert listing.is_complete


OPERATIONS = ("UpdateItem", "GetItem", "BatchWriteItem")


def test_writes_that_dynamodb_throttles_are_tried_again(services, clients_behind, run, catalog_in_table):
    throttle = Throttle(services.endpoint_url, OPERATIONS, 1, 400, "ProvisionedThroughputExceededException")
    with clients_behind("DYNAMODB", throttle) as clients:
        table = CatalogTable(clients.dynamodb(), services.catalog_table, lambda _longest: None)
        assert run(table=table, discover=lists(3))["status"] == "published"
    assert sorted(throttle.refused) == sorted(OPERATIONS)
    assert len(catalog_in_table().rows) == 3


def test_a_write_that_dynamodb_throttles_to_the_last_leaves_the_last_catalog(
    services, clients_behind, run, catalog_in_table
):
    run(discover=lists(3))
    throttle = Throttle(services.endpoint_url, ["BatchWriteItem"], 100, 400, "ThrottlingException")
    with clients_behind("DYNAMODB", throttle) as clients:
        table = CatalogTable(clients.dynamodb(), services.catalog_table, lambda _longest: None)
        with pytest.raises(ClientError, match="ThrottlingException"):
            run(now=1_700_000_060, table=table, discover=lists(4))
    found = catalog_in_table()
    assert (len(found.rows), found.failed_at) == (3, 1_700_000_060)
