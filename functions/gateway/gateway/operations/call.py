"""One call of Bedrock on behalf of one request: how long it may take, and what its refusals become."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import orjson

from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.aws.connection import PendingResponse
from gateway.bedrock import mantle
from gateway.bedrock.failures import message_of, refused
from gateway.dialects.cost import cost_json
from gateway.errors import DeadlineReached, GatewayError, StreamBroken, UpstreamTimeout, UpstreamUnreachable
from gateway.http1 import Head
from gateway.messages import Request
from gateway.observability import RequestRecord
from gateway.outgoing import Outgoing

if TYPE_CHECKING:
    from sluice.model_row import ModelRow
    from sluice.traits import ModelTraits

    from gateway.bedrock.grammar import Usage
    from gateway.converse.files import FetchFile
    from gateway.fetch import RemoteFiles


def traits_of(model_id: str, row: "ModelRow | None" = None) -> "ModelTraits":
    """Return what a model takes, by its row in the catalog, or else as far as its id tells."""
    # Native clients never ask, and the facts of all models take their time to read.
    from sluice import known_traits

    return known_traits.traits_of_row(row) if row else known_traits.traits_of(model_id)


def remote_files() -> "FetchFile":
    """Return a function that gets the files of one request from the internet."""

    files: RemoteFiles | None = None

    def fetch(url: str, path: str) -> tuple[str, str]:
        nonlocal files
        if files is None:
            # Most requests name no file, and http.client takes its time to import.
            from gateway.fetch import RemoteFiles

            files = RemoteFiles()
        return files.fetch(url, path)

    return fetch


class Call(NamedTuple):
    """A request on its way to Bedrock.

    idle_timeout: how many seconds Bedrock may be silent. created: when the reply began, in epoch seconds. new_id: what
    the reply's ids are made of. traits_of: what the model of an id takes. remote_files: makes the function that gets
    the files which the request names by URL. resolve: what to invoke for a client's name of a
    model. foundation_id: the foundation model behind such a name. admit: returns what goes out for a restricted caller;
    told whether the same was refused and is asked again without something.
    """

    request: Request
    record: RequestRecord
    bedrock: BedrockRuntime
    idle_timeout: float
    resolve: Callable[[str], str]
    foundation_id: Callable[[str], str]
    created: int = 0
    new_id: str = ""
    is_native: bool = False
    admit: "Callable[[Outgoing, bool], Outgoing] | None" = None
    cost: "Callable[[Usage], int | None]" = lambda _: None
    traits_of: "Callable[[str], ModelTraits]" = traits_of
    remote_files: "Callable[[], FetchFile]" = remote_files
    # How many seconds a dialect that has keep-alives waits for Bedrock before it commits to status 200.
    commit_after: float = 8.0
    # Some way below the 30 seconds after which proxies and CDNs take silence for death.
    keep_alive_after: float = 10.0

    def send(self, model_id: str, operation: str, headers: Mapping[str, str], body: bytes) -> PendingResponse:
        """Ask a model, once: clients retry by themselves, and a second try would be paid twice.

        Raises:
            GatewayError: the caller may not ask for it, or Bedrock cannot be reached.
        """
        self.record.model = model_id
        return self.send_to(f"/model/{quote(model_id, safe='')}/{operation}", operation, headers, body)

    def send_to(self, path: str, operation: str, headers: Mapping[str, str], body: bytes) -> PendingResponse:
        """Ask at a path of Bedrock Runtime's; `operation` is the last part of it. Otherwise as `send`."""
        asked = Outgoing(operation, headers, body, self.is_native)
        if self.admit is not None:
            asked = self.admit(asked, bool(self.record.left_away))
        pending = self.bedrock.send(path, asked.headers, asked.body, self.record.region)
        self.record.asked = asked
        self.record.retries += pending.retries
        return pending

    def told_cost(self, usage: "Usage") -> dict[str, Any]:
        """Return what the reply's `usage` says of its cost."""
        return cost_json(self.cost(usage))

    def patience(self, silent_since: float) -> float:
        """Return how many more seconds of silence are allowed; not above 0: give up."""
        now = time.monotonic()
        return min(silent_since + self.idle_timeout - now, self.request.deadline - now)

    def is_over(self) -> bool:
        """Tell whether the time for the whole request is over."""
        return time.monotonic() >= self.request.deadline

    def given_up(self) -> GatewayError:
        """Return the error for a silence that was too long."""
        if self.is_over():
            return DeadlineReached("The function's time is over before the answer was; it is incomplete.")
        return UpstreamTimeout(f"Bedrock sent nothing for {self.idle_timeout:.0f} seconds; Sluice gave up waiting.")

    def head_of(self, pending: PendingResponse) -> Head:
        """Wait for Bedrock's status.

        Raises:
            UpstreamUnreachable: Bedrock hung up.
            UpstreamTimeout, DeadlineReached: it was silent for too long.
        """
        head = pending.head(self.patience(time.monotonic()))
        if head is None:
            raise self.given_up()
        self.record.upstream_status = head.status
        return head

    def body_of(self, pending: PendingResponse) -> bytes:
        """Read the rest of Bedrock's answer.

        Raises:
            StreamBroken: an answer that may have been paid for was cut.
            UpstreamUnreachable: a refusal was.
            UpstreamTimeout: it was silent for too long.
        """
        try:
            body = pending.read_all(self.idle_timeout, max(self.request.deadline, time.monotonic() + 0.1))
        except UpstreamUnreachable as error:
            if not pending.is_answer:
                raise
            raise StreamBroken(f"{error} The answer is incomplete.") from error
        self.record.received_bytes += len(body)
        return body

    def refusal(self, head: Head, body: bytes) -> GatewayError:
        """Return the error for an answer that is not 200."""
        if head.status < 400:
            return StreamBroken(f"Bedrock answered with status {head.status}, which is neither a reply nor an error.")
        aws_type = head.headers.get("x-amzn-errortype", "") or _body_type(body)
        error = refused(head.status, aws_type, message_of(body), head.headers.get("retry-after", ""))
        return mantle.explained(error, self.record.model)


def _body_type(body: bytes) -> str:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return str(answer.get("__type", "")) if isinstance(answer, dict) else ""
