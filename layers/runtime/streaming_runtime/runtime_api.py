"""Requests to the Lambda Runtime API, two to a connection: an invocation is taken and answered on the same one.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import select
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Final, Self

import awslambdaric

from streaming_runtime.answer import Answer, AnswerError, read_answer

# An event with its head, most often.
_READ_SIZE: Final = 65_536
OK: Final = 200
ACCEPTED: Final = 202
GONE: Final = 410
_USER_AGENT: Final = f"aws-lambda-python/{sys.version.split()[0]}-{awslambdaric.__version__}"


class RuntimeApiError(Exception):
    """The Runtime API could not be reached, or hung up without an answer."""


class Connection:
    """A connection to the Runtime API: for `/next`, then for the answer to that invocation, which closes it.

    Sends block while the Runtime API is slow, so nothing is ever queued here. There are no timeouts: `/next` is
    answered when there is an invocation, and a stream takes as long as its reader.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        host, _, port = address.partition(":")
        try:
            self._socket = socket.create_connection((host, int(port or 80)))
        except (OSError, ValueError) as error:
            raise RuntimeApiError(f"cannot be reached at {address}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._may_go_on = True
        self.send = self._socket.sendall  # one system call, unless the Runtime API is slower than the function
        self._receive = partial(self._socket.recv, _READ_SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def is_usable(self) -> bool:
        """Whether another request may follow the last answer, and the Runtime API has not hung up since."""
        return self._may_go_on and not self.is_answered()

    def head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        """The head of a request, to be sent together with what follows it."""
        fields = {"Host": self._address, "User-Agent": _USER_AGENT, **headers}
        lines = [f"{method} /2018-06-01/runtime/{path} HTTP/1.1", *(f"{name}: {fields[name]}" for name in fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def is_answered(self) -> bool:
        """Whether an answer, or the end of the connection, is there already."""
        return bool(self._poll.poll(0))

    def answer(self) -> Answer:
        """Wait for the answer. It may be there even where sending failed, when the Runtime API has refused early."""
        try:
            answer = read_answer(self._receive)
        except (OSError, AnswerError) as error:
            raise RuntimeApiError(f"gave no answer: {error!r}") from error
        self._may_go_on = not answer.closes
        return answer

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request whose body is there as a whole. `headers` are complete but for host and user agent."""
        with suppress(OSError):
            self.send(self.head(method, path, headers) + body)
        return self.answer()
