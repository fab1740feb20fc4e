"""CPU of what is written when a request is over: its log line, and its metrics (decision 15).

    python docs/decisions/measurements/request_lines.py >/dev/null

The figures go to standard error, the lines to standard output. Medians of rounds that take turns.
"""

import statistics
import sys
import time
from collections.abc import Callable

from gateway.bedrock.grammar import Usage
from gateway.dialects.stream import Verdict
from gateway.metrics import count_request
from gateway.observability import Lag, RequestRecord, log_request

ROUNDS, REQUESTS = 9, 1_000
RECORD = RequestRecord(request_id="6b050f93-41c3-d4f2-b07d-b9281272e070", method="POST")
RECORD.route, RECORD.dialect = "chat-completions", "openai"
RECORD.caller = RECORD.counted_as = "abcdefghij234567"
RECORD.model_asked, RECORD.model, RECORD.region = "nova-pro", "us.amazon.nova-pro-v1:0", "us-east-1"
RECORD.status = RECORD.upstream_status = 200
RECORD.lag, RECORD.verdict = Lag(0.0002, 0.001), Verdict(stop_reason="end_turn")
RECORD.usage, RECORD.cost_nano_usd = Usage(100, 200), 1_000_000


def microseconds(write: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        write()
    return (time.process_time() - began) / REQUESTS * 1e6


def main() -> None:
    writers: dict[str, Callable[[], None]] = {
        "the log line": lambda: log_request(RECORD),
        "the metrics": lambda: count_request(RECORD, "by-model-and-caller", is_known_model=True),
    }
    rounds = [{name: microseconds(write) for name, write in writers.items()} for _ in range(ROUNDS)]
    for name in writers:
        print(f"{statistics.median(times[name] for times in rounds):6.1f} us  {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
