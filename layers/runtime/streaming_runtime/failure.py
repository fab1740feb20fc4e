"""A failure after the first byte: the trailers that end the answer, and the log entry.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import json
import logging
import re
import traceback
from typing import Final

from awslambdaric import bootstrap

TYPE_TRAILER: Final = "Lambda-Runtime-Function-Error-Type"
BODY_TRAILER: Final = "Lambda-Runtime-Function-Error-Body"
# The Runtime API is a Go server, which reads trailers only as far as its buffer of 4,096 bytes goes and fails the
# whole answer beyond ("suspiciously long trailer after chunked body"). Names, type and framing take their part of it.
MAX_BODY_BYTES: Final = 3072
_MAX_TYPE_LETTERS: Final = 128
_MAX_FRAMES: Final = 20

_RUNTIME = __file__.rpartition("/")[0]
_NOT_IN_A_TYPE = re.compile(r"[^A-Za-z]+")


class Failure:
    """An exception that a body raised, in the words of awslambdaric's error reports."""

    def __init__(self, error: Exception, invoke_id: str) -> None:
        self._report: dict[str, object] = bootstrap.make_error(
            _message(error), type(error).__name__, _stack_trace(error), invoke_id
        )

    def log(self) -> None:
        """Log as awslambdaric logs a handler's exception, into its own sink."""
        bootstrap.log_error(self._report, _log_sink())

    def trailers(self) -> bytes:
        """The trailer section of a chunked message, the empty line that ends it included."""
        fields = {TYPE_TRAILER: self._type().encode(), BODY_TRAILER: self._body()}
        return b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in fields.items()) + b"\r\n"

    def _type(self) -> str:
        # The platform knows types of the form Function.[A-Z][a-zA-Z]+ and folds any other into Function.Unknown.
        letters = _NOT_IN_A_TYPE.sub("", self._name())
        return f"Function.{letters[:1].upper()}{letters[1:]}" if letters else "Function.Unknown"

    def _name(self) -> str:
        return str(self._report["errorType"])[:_MAX_TYPE_LETTERS]

    def _body(self) -> bytes:
        """The report in base64; without the outermost frames, and then the end of its message, if it would not fit."""
        message, frames = str(self._report["errorMessage"]), self._report["stackTrace"]
        assert isinstance(frames, list)
        frames = frames[-_MAX_FRAMES:]
        for first in range(len(frames) + 1):
            if len(body := self._encoded(message, frames[first:])) <= MAX_BODY_BYTES:
                return body
        while len(body := self._encoded(message, [])) > MAX_BODY_BYTES:
            message = message[: len(message) // 2]
        return body

    def _encoded(self, message: str, frames: list[str]) -> bytes:
        report = {"errorMessage": message, "errorType": self._name(), "stackTrace": frames}
        return base64.b64encode(json.dumps(report).encode())


def _message(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever a foreign __str__ raises, the answer still has to be ended
        return "(its message could not be made)"


def _stack_trace(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    outermost = next((i for i, frame in enumerate(frames) if not frame.filename.startswith(_RUNTIME)), 0)
    return traceback.format_list(frames[outermost:])


def _log_sink() -> object:
    # bootstrap.run keeps its sink for itself and for its handler of the root logger; LambdaContext.log finds it there.
    sinks = (handler.log_sink for handler in logging.getLogger().handlers if hasattr(handler, "log_sink"))
    return next(sinks, None) or bootstrap.StandardLogSink()
