"""The AWS services around Bedrock on one machine: moto's server with DynamoDB, STS, IAM and Bedrock's control plane.

moto's own `ThreadedMotoServer` waits for ever where its port is taken and leaves its socket open when it stops, so
moto's WSGI application runs here on a server of our own.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING

from sluice.region import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from werkzeug.serving import BaseWSGIServer

# AWS's own example credentials: moto takes any, and no scanner takes these for real ones.
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - an example, and public
CATALOG_TABLE = "sluice-local-catalog"
ACCESS_TABLE = "sluice-local-access"


@dataclass(frozen=True, slots=True)
class AwsServices:
    """The running services, and what a client needs to reach them. Close them when done."""

    endpoint_url: str
    catalog_table: str
    access_table: str
    region: str
    access_key_id: str
    secret_access_key: str
    _server: "BaseWSGIServer" = field(repr=False)
    _thread: Thread = field(repr=False)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead the functions, the command line and boto3 here (not to Bedrock Runtime)."""
        return {
            "SLUICE_CATALOG_TABLE": self.catalog_table,
            "SLUICE_ACCESS_TABLE": self.access_table,
            "AWS_ENDPOINT_URL_BEDROCK": self.endpoint_url,
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def close(self) -> None:
        """Stop serving and forget everything; requests under way are cut."""
        from moto.core.base_backend import BackendDict

        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        BackendDict.reset()


def start_aws_services(host: str = "127.0.0.1", port: int = 0, region: str = DEFAULT_REGION) -> AwsServices:
    """Start moto on the port (0: any free one) and make both tables. OSError where the port cannot be had.

    moto keeps its state in module variables: one at a time in a process.
    """
    server = _listening_server(host, port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws-services", daemon=True)
    thread.start()
    services = AwsServices(
        endpoint_url=f"http://{host}:{server.port}",
        catalog_table=CATALOG_TABLE,
        access_table=ACCESS_TABLE,
        region=region,
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
        _server=server,
        _thread=thread,
    )
    with _hidden_profile():
        _create_tables(services)
    return services


@contextmanager
def running_aws_services(region: str = DEFAULT_REGION) -> Iterator[AwsServices]:
    """Run the services on a free port for as long as the block runs."""
    services = start_aws_services(region=region)
    try:
        yield services
    finally:
        services.close()


@contextmanager
def _hidden_profile() -> Iterator[None]:
    """Keep boto3 from asking for the operator's profile: it has no say here, and may not even exist.

    moto keeps the session that it makes at its first request.
    """
    names = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _listening_server(host: str, port: int) -> "BaseWSGIServer":
    # Flask, moto and boto3 take about a second to import: only who starts the services pays for them.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from sluice_local import bedrock_control

    bedrock_control.install()
    # werkzeug logs each request at INFO, to stderr if nobody listens.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Given a port, werkzeug ends the process if it is taken; given a socket, the error is ours to raise.
    with socket.create_server((host, port)) as listener:
        return make_server(
            host,
            listener.getsockname()[1],
            _one_at_a_time(DomainDispatcherApplication(create_backend_app)),
            threaded=True,
            request_handler=MotoRequestHandler,
            fd=listener.fileno(),
        )


def _one_at_a_time(application: "WSGIApplication") -> "WSGIApplication":
    """Let DynamoDB do one thing at a time: its updates are atomic, and moto's are not when threads meet in one."""
    lock = Lock()

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            return application(environ, start_response)
        with lock:
            return application(environ, start_response)

    return serve


def _create_tables(services: AwsServices) -> None:
    import boto3

    client = boto3.Session().client(
        "dynamodb",
        endpoint_url=services.endpoint_url,
        region_name=services.region,
        aws_access_key_id=services.access_key_id,
        aws_secret_access_key=services.secret_access_key,
    )
    for table in (services.catalog_table, services.access_table):
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
    client.update_time_to_live(
        TableName=services.catalog_table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )
    client.close()
