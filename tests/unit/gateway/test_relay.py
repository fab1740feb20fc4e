"""How long what Bedrock sent waited in the relay, as the request's record has it."""

import time

from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import ConverseWitness
from gateway.messages import Request
from gateway.observability import RequestRecord
from gateway.operations.call import Call
from gateway.operations.relay import Relay
from unit.gateway.recordings import PLAIN

WAIT = 0.02


class Pending:
    """Bedrock's answer, each read of which takes its time."""

    def __init__(self, reads, seconds):
        self._reads = list(reads)
        self._seconds = seconds

    def read(self, patience):
        time.sleep(self._seconds)
        return self._reads.pop(0) if self._reads else b""

    def close(self):
        pass


def relay(reads, seconds=0.0):
    request = Request("POST", "/", {}, b"", "request-1", deadline=time.monotonic() + 60)
    record = RequestRecord("request-1", "POST")
    call = Call(request, record, None, 60.0, str, str)
    return Relay(call, Pending(reads, seconds), NativeStream(ConverseWitness()), answered=True), record


def drawn_slowly(body):
    """Draw a body as the runtime does whose client reads slowly; return how many pieces it had."""
    number = 0
    for _ in body:
        number += 1
        time.sleep(WAIT)
    return number


def test_a_delta_lags_for_as_long_as_it_takes_to_hand_it_on():
    body, record = relay(PLAIN)
    assert drawn_slowly(body) == len(PLAIN)
    assert WAIT <= record.lag.mean <= record.lag.most


def test_what_was_read_before_the_answer_began_lags_too():
    body, record = relay([b"".join(PLAIN)])
    body.open()
    time.sleep(WAIT)
    assert drawn_slowly(body) == 1
    assert record.lag.mean == record.lag.most >= 2 * WAIT


def test_bedrocks_own_silence_is_no_lag():
    body, record = relay(PLAIN, WAIT)
    assert list(body) == list(PLAIN)
    assert record.lag.mean < WAIT


def test_an_answer_of_which_nothing_was_handed_on_has_no_lag():
    body, record = relay(())
    body.close()
    assert record.lag is None
