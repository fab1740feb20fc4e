"""When the gateway has the catalog refreshed."""

import threading
import time

import pytest
from gateway.aws.lambda_function import InvocationFailed
from gateway.stores.refreshing import BEGUN_SECONDS, FAILED_SECONDS, WAIT_SECONDS, NoRefreshing, RefreshFunction

EVENT = {"source": "sluice.gateway"}


class Function:
    """A refresh function that counts who asks. With `gate` it answers when that opens."""

    def __init__(self, answer=None, gate=None):
        self.answer = {"status": "published"} if answer is None else answer
        self.gate = gate
        self.asked = threading.Semaphore(0)
        self.calls = []

    def invoke(self, event, patience):
        self.calls.append(("invoke", event, patience))
        return self.answered()

    def start(self, event):
        self.calls.append(("start", event))
        self.answered()

    def answered(self):
        self.asked.release()
        if self.gate:
            assert self.gate.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def refreshing(function, clock):
    return RefreshFunction(lambda: function, clock)


def test_a_list_waits_for_the_function_and_learns_what_became_of_it(clock):
    function = Function({"status": "busy"})
    assert refreshing(function, clock).run() == "busy"
    assert function.calls == [("invoke", EVENT, WAIT_SECONDS)]


@pytest.mark.parametrize("answer", [InvocationFailed("403"), None, [], {}])
def test_what_is_no_summary_is_no_refresh(clock, answer):
    function = Function(answer)
    function.answer = answer
    assert refreshing(function, clock).run() == ""


def test_every_list_has_it_run_anew(clock):
    function = Function()
    one = refreshing(function, clock)
    assert [one.run(), one.run()] == ["published", "published"]
    assert len(function.calls) == 2


def test_a_failure_is_left_alone_for_a_moment(clock):
    function = Function(InvocationFailed("503"))
    one = refreshing(function, clock)
    assert [one.run(), one.run()] == ["", ""]
    assert len(function.calls) == 1
    function.answer = {"status": "published"}
    clock.now += FAILED_SECONDS
    assert one.run() == "published"


def test_a_clock_that_was_set_back_keeps_no_refresh_away(clock):
    function = Function(InvocationFailed("503"))
    one = refreshing(function, clock)
    one.run()
    clock.now -= 3600
    one.run()
    assert len(function.calls) == 2


def test_d19_lists_at_the_same_time_share_one_refresh():
    gate = threading.Event()
    function = Function(gate=gate)
    one = RefreshFunction(lambda: function)
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(one.run())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert function.asked.acquire(timeout=10)
    # Long enough for the other two to come as far as the lock.
    time.sleep(0.1)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert statuses == ["published"] * 3
    assert len(function.calls) == 1


def test_a_request_for_a_model_waits_for_nothing(clock):
    gate = threading.Event()
    function = Function(gate=gate)
    refreshing(function, clock).begin()
    assert function.asked.acquire(timeout=10)
    assert function.calls == [("start", EVENT)]
    gate.set()
    joined("refresh")


def test_a_refresh_that_was_begun_is_not_begun_again_for_a_while(clock):
    function = Function()
    one = refreshing(function, clock)
    for _ in range(3):
        one.begin()
        joined("refresh")
    assert len(function.calls) == 1
    clock.now += BEGUN_SECONDS
    one.begin()
    joined("refresh")
    assert len(function.calls) == 2


def test_a_list_that_comes_after_a_refresh_was_begun_waits_for_its_own(clock):
    function = Function({"status": "busy"})
    one = refreshing(function, clock)
    one.begin()
    joined("refresh")
    assert one.run() == "busy"


def test_a_refresh_that_cannot_be_begun_hurts_nobody(clock):
    one = refreshing(Function(InvocationFailed("403")), clock)
    one.begin()
    joined("refresh")


def test_without_a_function_nobody_is_asked():
    assert NoRefreshing().run() == ""
    NoRefreshing().begin()


def joined(name):
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(10)
