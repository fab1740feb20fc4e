"""Bedrock Runtime on one machine: a request comes in over HTTP or TLS and is answered as AWS would answer it."""

import ssl
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sluice_local.bedrock_runtime.admin import PREFIX as ADMIN_PREFIX
from sluice_local.bedrock_runtime.admin import administer
from sluice_local.bedrock_runtime.answer import Answer, refusal_answer
from sluice_local.bedrock_runtime.answering.reply import Answering
from sluice_local.bedrock_runtime.authentication import DEFAULT_CREDENTIALS, Credentials, authenticate
from sluice_local.bedrock_runtime.errors import ServiceError, refused
from sluice_local.bedrock_runtime.models import FindModel, catalog_models
from sluice_local.bedrock_runtime.operations import Operations
from sluice_local.bedrock_runtime.playing import play
from sluice_local.bedrock_runtime.recording import RecordedRequest, record
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.bedrock_runtime.scenarios.scripts import Scripts
from sluice_local.bedrock_runtime.service_model import Operation, find_route
from sluice_local.http_server import Exchange, HttpRequest, HttpServer, PeerGone, serve

ACCOUNT_ID = "111122223333"
# InvokeModel's own limit, which is the largest of all operations.
_MAX_BODY = 25_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How an emulator behaves.

    It stands for `region`, and for `other_regions` where a request is signed for one of them.
    `pace` is seconds between the events of its own answers. `cache_minimum_tokens` is the least prompt that is cached,
    each model's own least where it is None. `recorded` is how many of the latest requests are kept.
    """

    region: str = "us-east-1"
    other_regions: tuple[str, ...] = ()
    credentials: Credentials = DEFAULT_CREDENTIALS
    pace: float = 0.0
    cache_minimum_tokens: int | None = None
    recorded: int = 1_000


class BedrockRuntimeEmulator:
    """One emulator, on as many ports as it is started on.

    `requests` holds the latest calls since the last `clear`, refused ones too. `models` finds a model by its name, in
    the control plane's catalog unless given; `clock` gives epoch seconds; `new_id` gives request ids.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        models: FindModel | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.settings = settings or Settings()
        self.requests: deque[RecordedRequest] = deque(maxlen=self.settings.recorded)
        self.scripts = Scripts()
        self._clock = clock
        self._new_id = new_id
        self._servers: list[HttpServer] = []
        self._models = models
        self._answering = Answering(clock, self.settings.cache_minimum_tokens)
        self._operations: dict[str, Operations] = {}

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> HttpServer:
        """Listen, with TLS where a context is given; the server's `port` is the one it got. May be called again."""
        server = await serve(self._handle, host=host, port=port, tls=tls, max_body=_MAX_BODY, too_large=_refuse_size)
        self._servers.append(server)
        return server

    @property
    def port(self) -> int:
        """The port it was first started on."""
        return self._servers[0].port

    async def close(self) -> None:
        """Stop listening on every port and drop every connection."""
        for server in self._servers:
            await server.close()
        self._servers.clear()

    def script(
        self, *scenarios: Scenario, times: int = 1, operation: Operation | None = None, model: str = "*"
    ) -> None:
        """Queue scenarios for the next calls that fit: see `Scripts.add`."""
        for scenario in scenarios:
            self.scripts.add(scenario, times=times, operation=operation, model=model)

    def clear(self) -> None:
        """Forget what was recorded and what is still queued."""
        self.requests.clear()
        self.scripts.clear()

    async def _handle(self, exchange: Exchange) -> None:
        try:
            if exchange.request.target.startswith(ADMIN_PREFIX):
                await administer(exchange, self.requests, self.scripts)
            else:
                self.requests.append(record(exchange.request, self._clock()))
                await self._answer(exchange)
        except PeerGone:
            return  # a client that leaves early is no event for a server

    async def _answer(self, exchange: Exchange) -> None:
        try:
            answer = self._answer_to(exchange.request)
        except ServiceError as error:
            answer = refusal_answer(error)
        headers = [*answer.headers, ("x-amzn-requestid", self._new_id())]
        await play(exchange, answer.status, headers, answer.schedule)

    def _answer_to(self, request: HttpRequest) -> Answer:
        route = find_route(request.method, request.target.partition("?")[0])
        if route is None:
            raise refused("UnknownOperationException", "The requested operation is not recognized by the service.")
        regions = (self.settings.region, *self.settings.other_regions)
        region = authenticate(request, self.settings.credentials, regions, self._clock())
        return self._operations_in(region).answer(route, dict(request.headers), request.body)

    def _operations_in(self, region: str) -> Operations:
        if region not in self._operations:
            find_model = self._models or catalog_models(region, ACCOUNT_ID)
            self._operations[region] = Operations(find_model, self.scripts, self._answering, self.settings.pace)
        return self._operations[region]


async def _refuse_size(exchange: Exchange) -> None:
    answer = refusal_answer(ServiceError("RequestEntityTooLargeException", 413, "The request body is too large."))
    await play(exchange, answer.status, answer.headers, answer.schedule)
