import pytest
from sluice_cli.moments import duration, iso, later, minute, past_day

NOW = 1_700_000_000.5  # 2023-11-14 22:13:20 UTC


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90m", 5_400), ("24h", 86_400), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "24", "-1h", "1.5h", "1y", "h", "1h30m", "999999d", "\u0661h"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="is no duration; write it like 90m, 24h, 30d or 2w"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30d", 1_700_000_000 + 30 * 86_400),
        ("2023-11-15", 1_700_006_400),
        ("2023-11-15T00:00", 1_700_006_400),
        ("2023-11-15T00:00:00Z", 1_700_006_400),
        ("2023-11-15 01:00:00+01:00", 1_700_006_400),
    ],
)
def test_times_to_come(text, moment):
    assert later(text, NOW) == moment


@pytest.mark.parametrize("text", ["2023-11-14", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "0d"])
def test_what_is_past_is_refused(text):
    with pytest.raises(ValueError, match="is not in the future"):
        later(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "2023-13-01", "0", "30"])
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match="is neither a duration like 30d, nor a date, nor a time in ISO 8601"):
        later(text, NOW)


def test_times_are_written_in_utc():
    assert minute(1_700_000_000) == "2023-11-14 22:13"
    assert iso(1_700_000_000) == "2023-11-14T22:13:20Z"
    assert iso(0) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-11-01", "2023-11-01"),
        ("7d", "2023-11-07"),
        ("0d", "2023-11-14"),
        ("23h", "2023-11-13"),
        ("9999w", "1970-01-01"),
    ],
)
def test_past_days(text, day):
    assert past_day(text, NOW) == day


@pytest.mark.parametrize("text", ["", "yesterday", "2023-11-31", "7"])
def test_what_is_no_past_day(text):
    with pytest.raises(ValueError, match="is neither a date like 2026-11-29 nor a time ago like 7d"):
        past_day(text, NOW)
