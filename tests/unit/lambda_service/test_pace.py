"""How fast a streamed answer may go: a burst, then a rate."""

from sluice_local.lambda_service.pace import Pace, TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lambdas_pace_is_six_mebibytes_at_once_and_then_two_a_second() -> None:
    assert Pace() == Pace(burst=6 * 1024 * 1024, rate=2 * 1024 * 1024)


def test_the_burst_goes_at_once_and_what_is_over_it_has_to_wait() -> None:
    bucket = TokenBucket(Pace(burst=1000, rate=100), Clock())
    assert bucket.take(600) == 0
    assert bucket.take(400) == 0
    assert bucket.take(50) == 0.5
    assert bucket.take(50) == 1.0


def test_the_bucket_fills_with_time_up_to_the_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(Pace(burst=1000, rate=100), clock)
    bucket.take(1000)
    clock.now += 3
    assert bucket.take(300) == 0
    clock.now += 3600
    assert bucket.take(1000) == 0
    assert bucket.take(100) == 1.0
