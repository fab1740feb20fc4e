"""One request, from `Request` to `Response`: route, key, translation, Bedrock, the stream and its verdict."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
from sluice.residency import ANYWHERE

from gateway.access import authenticate
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.cors import cors_headers, preflight
from gateway.dispatch import ANSWERS, CATALOG_ANSWERS, error_reply
from gateway.errors import GatewayError, RequestTooLarge, UnknownRoute, failure_of
from gateway.logged_body import LoggedBody
from gateway.messages import Request, Response
from gateway.observability import RequestRecord, log_request
from gateway.operations.call import Call, traits_of
from gateway.routing import Dialect, Operation, Route, dialect_of, route, strip_prefix
from gateway.settings import Settings
from gateway.stores.access import AccessStore
from gateway.stores.catalog import CatalogStore
from gateway.stores.model_names import ModelNames

if TYPE_CHECKING:
    from sluice.model_row import ModelRow
    from sluice.resolution import Resolved

    from gateway.accounting import Accounting
    from gateway.gate import Gate
    from gateway.listing import Listing
    from gateway.outgoing import Outgoing

# Bedrock's own limit for a request body; the function URL's is lower still.
_MAX_BODY = 25_000_000
# An ARN has some 100 characters; more of a name is not logged.
_LONGEST_NAME = 256


class _Exchange:
    """One request on its way through: what was asked, what is known of it, what restricts its caller."""

    def __init__(self, request: Request, record: RequestRecord) -> None:
        self.request = request
        self.record = record
        self.gate: Gate | None = None


class Application:
    """The gateway without its front. `handle` never raises: every fault is an answer in the client's dialect.

    `accounting` makes what counts and charges, when it is first asked for; `clock` is epoch seconds.
    """

    def __init__(
        self,
        settings: Settings,
        bedrock: BedrockRuntime,
        access: AccessStore,
        catalog: CatalogStore,
        names: ModelNames,
        new_id: Callable[[], str],
        accounting: "Callable[[], Accounting]",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.bedrock = bedrock
        self.access = access
        self.catalog = catalog
        self.names = names
        self.new_id = new_id
        self.accounting = accounting
        self.clock = clock

    def handle(self, request: Request) -> Response:
        """Answer a request. The body must be drawn or closed, which ends the request and writes its log line."""
        record = RequestRecord(request.request_id, request.method)
        exchange = _Exchange(request, record)
        try:
            path = strip_prefix(request.raw_path, self.settings.path_prefix)
            if request.method == "OPTIONS" and self.settings.cors_allow_origins:
                response = preflight(self.settings.cors_allow_origins, request.headers)
            else:
                response = self._answer(exchange, route(request.method, path, request.headers))
        except GatewayError as error:
            record.error = error
            response = error_reply(self._dialect_of(request), error, request.request_id)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end as a bare 502
            record.error, record.cause = failure_of(error), error
            response = error_reply(self._dialect_of(request), record.error, request.request_id)
        return self._finished(exchange, response)

    def _dialect_of(self, request: Request) -> Dialect:
        path = request.raw_path
        with suppress(UnknownRoute):
            path = strip_prefix(path, self.settings.path_prefix)
        return dialect_of(path, request.headers)

    def _answer(self, exchange: _Exchange, where: Route) -> Response:
        request, record = exchange.request, exchange.record
        record.route, record.dialect = where.operation, where.dialect
        if where.operation is Operation.HEALTH:
            return Response(200, {"content-type": "application/json"}, (orjson.dumps({"status": "ok"}),))
        caller = authenticate(request, self.settings.url_auth, self.access, self.clock())
        record.caller, record.counted_as = caller.name, caller.scope.partition("#")[2]
        if caller.policy or caller.deployment:
            # Nothing of this is imported for callers whom nothing restricts.
            gate = exchange.gate = self.accounting().gate(caller, request)
            gate.rules.check_route(where)
            gate.rules.check_size(len(request.body))
            gate.enter()
        if len(request.body) > _MAX_BODY:
            raise RequestTooLarge(f"The body has {len(request.body)} bytes; Bedrock takes {_MAX_BODY} at most.")
        if where.operation is Operation.USAGE:
            return self.accounting().usage_reply(caller, request)
        if where.operation in CATALOG_ANSWERS:
            return CATALOG_ANSWERS[where.operation](self._listing(exchange), where)
        if where.operation is Operation.APPLY_GUARDRAIL:
            self.names.check_own_region(exchange.gate.rules.residency if exchange.gate else ANYWHERE)
        if exchange.gate:
            exchange.gate.take_slot()
        return ANSWERS[where.operation](self._call(exchange), where)

    def _listing(self, exchange: _Exchange) -> "Listing":
        # Few environments are ever asked for a list.
        from gateway.listing import Listing

        gate, catalog = exchange.gate, self.catalog.catalog_to_list()

        def may_use(row: "ModelRow") -> bool:
            if gate is None:
                return self.names.is_inside(row)
            return gate.rules.may_use(row) and self.names.is_inside(row, gate.rules.residency)

        return Listing(
            exchange.request,
            catalog.rows,
            self.names.named,
            may_use,
            self.clock(),
            catalog.primary_model,
            self.settings.path_prefix,
        )

    def _call(self, exchange: _Exchange) -> Call:
        record, gate = exchange.record, exchange.gate
        row: ModelRow | None = None

        def resolved(name: str) -> "Resolved":
            nonlocal row
            found = (
                self.names.resolved(name, gate.rules.residency, gate.rules.may_use)
                if gate
                else self.names.resolved(name)
            )
            if gate:
                gate.rules.check_model(name, found.invoke_id, found.base_model_id, found.row)
            record.model_asked, record.region, row = name[:_LONGEST_NAME], found.region, found.row
            return found

        def admitted(asked: "Outgoing", again: bool) -> "Outgoing":
            assert gate is not None
            return gate.admit(asked, self.names.row_of(record.model, record.region), again=again)

        return Call(
            exchange.request,
            record,
            self.bedrock,
            self.settings.upstream_idle_timeout,
            lambda name: resolved(name).invoke_id,
            lambda name: resolved(name).foundation_id,
            created=int(self.clock()),
            new_id=self.new_id(),
            is_native=record.dialect == Dialect.NATIVE,
            admit=admitted if gate else None,
            cost=lambda usage: self.accounting().cost(record, usage),
            traits_of=lambda model_id: traits_of(self.names.telling_id(model_id), row),
        )

    def _finished(self, exchange: _Exchange, response: Response) -> Response:
        """Add what every answer carries, and see that the request is settled when its body is over."""
        request, record = exchange.request, exchange.record
        record.status = response.status
        headers = {**response.headers, "x-sluice-request-id": request.request_id}
        headers.update(cors_headers(self.settings.cors_allow_origins, request.headers))
        if exchange.gate or record.verdict:
            # A caller who is told his limits, or a whole answer, whose cost is known by now.
            headers.update(self.accounting().headers(record, exchange.gate, self._dialect_of(request)))
        body = (b"",) if request.method == "HEAD" else response.body
        return Response(response.status, headers, LoggedBody(body, record, lambda _: self._close(exchange)))

    def _close(self, exchange: _Exchange) -> None:
        record = exchange.record
        try:
            if record.caller:
                self.accounting().close(record, exchange.gate)
        finally:
            record.stale_catalog_age = self.catalog.stale_age()
            log_request(record)
            self._count(record)

    def _count(self, record: RequestRecord) -> None:
        if self.settings.metrics_by == "none":
            return
        # With Powertools, which no first byte may wait for.
        from gateway.metrics import count_request

        is_known_model = self.names.row_of(record.model, record.region) is not None
        count_request(record, self.settings.metrics_by, is_known_model=is_known_model)
