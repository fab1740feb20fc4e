"""The contract between a function and the streaming runtime."""

from collections.abc import Iterable, Mapping, Sequence


class StreamResponse:
    """An HTTP answer whose body is sent while it is made; what a handler returns to stream.

    `status_code` is 200 to 599. `headers` are plain names and latin-1 values: `set-cookie` (in any case) is moved to
    `cookies`, `content-length` and `transfer-encoding` are dropped because the platform sets them, and a missing
    `content-type` becomes `application/octet-stream`. `cookies` are whole `set-cookie` values.

    `body` yields the payload. Each non-empty item is on its way before the next one is asked for, empty ones are
    skipped, and a body that yields nothing is sent as one newline, because function URLs hang on a streamed body of
    no bytes. The first item is drawn before the answer begins, so an exception up to there is an ordinary function
    error; later ones end the answer with Lambda's error trailers. `close()` of the body (or of its iterator, when
    the body has none) is called exactly once, however the invocation ends.
    """

    # No tuple: awslambdaric would write one that lies in something else as JSON, where it must be refused.

    def __init__(
        self,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        cookies: Sequence[str] = (),
        body: Iterable[bytes] = (),
    ) -> None:
        self.status_code = status_code
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.cookies = cookies
        self.body = body
