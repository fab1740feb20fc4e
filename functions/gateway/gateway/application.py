"""One request, from `Request` to `Response`: route, key, translation, Bedrock, the stream and its verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from gateway.access import authenticate
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.cors import cors_headers, preflight
from gateway.dispatch import ANSWERS, CATALOG_ANSWERS, error_reply
from gateway.errors import GatewayError, InternalFailure, RequestTooLarge
from gateway.logged_body import LoggedBody
from gateway.messages import Request, Response
from gateway.observability import RequestRecord, log_request
from gateway.operations.call import Call, traits_of
from gateway.routing import Operation, Route, dialect_of, route, strip_prefix
from gateway.settings import Settings
from gateway.stores.access import AccessStore
from gateway.stores.catalog import CatalogStore
from gateway.stores.model_names import ModelNames

if TYPE_CHECKING:
    from sluice.model_row import ModelRow
    from sluice.resolution import Resolved

    from gateway.listing import Listing

# Bedrock's own limit for a request body; the function URL's is lower still.
_MAX_BODY = 25_000_000


@dataclass(frozen=True, slots=True)
class Application:
    """The gateway without its front. `handle` never raises: every fault is an answer in the client's dialect."""

    settings: Settings
    bedrock: BedrockRuntime
    access: AccessStore
    catalog: CatalogStore
    names: ModelNames
    new_id: Callable[[], str]
    clock: Callable[[], float] = time.time

    def handle(self, request: Request) -> Response:
        """Answer a request. The body must be drawn or closed, which ends the request and writes its log line."""
        record = RequestRecord(request.request_id, request.method)
        dialect = dialect_of(request.raw_path, request.headers)
        try:
            path = strip_prefix(request.raw_path, self.settings.path_prefix)
            dialect = dialect_of(path, request.headers)
            if request.method == "OPTIONS" and self.settings.cors_allow_origins:
                response = preflight(self.settings.cors_allow_origins, request.headers)
            else:
                response = self._answer(request, route(request.method, path, request.headers), record)
        except GatewayError as error:
            record.error = error
            response = error_reply(dialect, error, request.request_id)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end as a bare 502
            record.error, record.cause = InternalFailure("Sluice failed to answer; its log says why."), error
            response = error_reply(dialect, record.error, request.request_id)
        return self._finished(request, response, record)

    def _answer(self, request: Request, where: Route, record: RequestRecord) -> Response:
        record.route = where.operation
        if where.operation is Operation.HEALTH:
            return Response(200, {"content-type": "application/json"}, (orjson.dumps({"status": "ok"}),))
        caller = authenticate(request, self.settings.url_auth, self.access, self.clock())
        record.caller = caller.name
        if len(request.body) > _MAX_BODY:
            raise RequestTooLarge(f"The body has {len(request.body)} bytes; Bedrock takes {_MAX_BODY} at most.")
        if where.operation in CATALOG_ANSWERS:
            return CATALOG_ANSWERS[where.operation](self._listing(request), where)
        return ANSWERS[where.operation](self._call(request, record), where)

    def _listing(self, request: Request) -> "Listing":
        # Few environments are ever asked for a list.
        from gateway.listing import Listing

        catalog = self.catalog.catalog_to_list()
        return Listing(
            request,
            catalog.rows,
            self.names.named,
            self.names.is_inside,
            self.clock(),
            catalog.primary_model,
            self.settings.path_prefix,
        )

    def _call(self, request: Request, record: RequestRecord) -> Call:
        row: ModelRow | None = None

        def resolved(name: str) -> "Resolved":
            nonlocal row
            found = self.names.resolved(name)
            record.region, row = found.region, found.row
            return found

        return Call(
            request,
            record,
            self.bedrock,
            self.settings.upstream_idle_timeout,
            lambda name: resolved(name).invoke_id,
            lambda name: resolved(name).foundation_id,
            created=int(self.clock()),
            new_id=self.new_id(),
            traits_of=lambda model_id: traits_of(self.names.telling_id(model_id), row),
        )

    def _finished(self, request: Request, response: Response, record: RequestRecord) -> Response:
        """Add what every answer carries, and see that the request's line is written when its body is over."""
        record.status = response.status
        headers = {**response.headers, "x-sluice-request-id": request.request_id}
        headers.update(cors_headers(self.settings.cors_allow_origins, request.headers))
        body = (b"",) if request.method == "HEAD" else response.body
        return Response(response.status, headers, LoggedBody(body, record, log_request))
