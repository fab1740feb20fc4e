"""The function of these tests: does what its event asks for, and writes down each close of a body.

Event members: `do` (the name of a function here), `seconds` (to wait first), and what that function reads.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streaming_runtime import StreamResponse

# The file that the test reads, one line for each close.
CLOSES = Path(os.environ["CLOSES"]) if "CLOSES" in os.environ else None

# What would be felt at a cold start.
HEAVY = {
    *("asyncio", "boto3", "botocore", "concurrent.futures", "http.client", "multiprocessing", "subprocess"),
    "urllib.request",
}

Event = dict[str, Any]


class Recorded:
    """A body that writes down that it was closed."""

    def __init__(self, items: Iterator[bytes]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[bytes]:
        return self._items

    def close(self) -> None:
        if CLOSES:
            with CLOSES.open("a") as file:
                file.write("closed\n")


def handler(event: Event, context: Any) -> object:
    time.sleep(event.get("seconds", 0))
    do = event.get("do", "stream")
    return context.client_context.custom if do == "client_context_of" else globals()[do](event)


def stream(event: Event) -> StreamResponse:
    items = (item.encode() for item in event.get("items", ["one", "", "two"]))
    return StreamResponse(
        status_code=event.get("status", 200),
        headers=event.get("response_headers", {"content-type": "text/event-stream"}),
        body=Recorded(items),
    )


def many(event: Event) -> StreamResponse:
    item = b"x" * event["size"]
    return StreamResponse(body=Recorded(item for _ in range(event["count"])))


def fail_before(event: Event) -> StreamResponse:
    def body() -> Iterator[bytes]:
        yield b""
        raise ValueError("before the first byte")

    return StreamResponse(body=Recorded(body()))


def fail_after(event: Event) -> StreamResponse:
    def body() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("after the first byte" + "!" * event.get("more", 0))

    return StreamResponse(body=Recorded(body()))


def fail_after_with_the_connection_of_another(event: Event) -> StreamResponse:
    def body() -> Iterator[bytes]:
        yield b"one"
        raise ConnectionResetError("upstream is gone")

    return StreamResponse(body=Recorded(body()))


def exit_after(event: Event) -> StreamResponse:
    def body() -> Iterator[bytes]:
        yield b"one"
        os._exit(3)

    return StreamResponse(body=Recorded(body()))


def plain(event: Event) -> object:
    return {"plain": "grüße 日本", "pid": os.getpid()} if event.get("pid") else {"plain": "grüße 日本"}


def raise_error(event: Event) -> object:
    raise ValueError("no grüße 日本")


def modules(event: Event) -> object:
    import awslambdaric
    import awslambdaric.bootstrap
    import runtime_client
    import simplejson

    loaded = [awslambdaric, awslambdaric.bootstrap, runtime_client, simplejson, sys.modules["streaming_runtime"]]
    return {
        "version": awslambdaric.__version__,
        "files": [module.__file__ for module in loaded],
        "path": sys.path,
        "collector": {"on": gc.isenabled(), "passes_by": gc.get_freeze_count()},
        "heavy": sorted(HEAVY & sys.modules.keys()),
        "twice": sorted({"response", "client", "stream", "body", "head"} & sys.modules.keys()),
    }


def context_of(event: Event) -> object:
    return {"trace": os.environ.get("_X_AMZN_TRACE_ID")}


def after_a_while(event: Event) -> object:
    time.sleep(event["seconds"])
    return globals()[event["then"]](event)


def leave_on_sigterm(number: int, frame: object) -> None:
    print("a signal came", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, leave_on_sigterm)
