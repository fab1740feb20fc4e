import pytest
from botocore.eventstream import EventStreamBuffer
from sluice_local.bedrock_runtime.frames import event_frame
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.scenario import Cut, Delivery, Event, RawBytes, Scenario, Wait
from sluice_local.bedrock_runtime.schedule import Schedule, schedule_body, schedule_stream

STEPS = (blocks.message_start(), *blocks.text(0, ["one", "two"]), blocks.message_stop("end_turn"))
FRAMES = [event_frame(step.type, step.payload) for step in STEPS]
BODY = b"".join(FRAMES)


def scheduled(*steps, **delivery) -> Schedule:
    return schedule_stream(steps or STEPS, Delivery(**delivery))


def times(schedule: Schedule) -> list[float]:
    return [round(write.at, 6) for write in schedule.writes]


def unchunked(wire: bytes) -> list[bytes]:
    chunks = []
    while wire:
        size, _, rest = wire.partition(b"\r\n")
        length = int(size, 16)
        chunks.append(rest[:length])
        assert rest[length : length + 2] == b"\r\n"
        wire = rest[length + 2 :]
    return chunks


def test_events_due_at_once_are_one_write_of_a_chunk_each():
    schedule = scheduled()
    [write] = schedule.writes
    assert write.chunks == tuple(FRAMES)
    assert unchunked(b"".join(write.wire)) == FRAMES
    assert schedule.body == BODY
    assert (schedule.end, schedule.ends_at, schedule.length) == ("end", 0.0, None)


def test_an_interval_counts_from_the_first_event():
    assert times(scheduled(first_event=1.0, interval=0.5)) == [1.0, 1.5, 2.0, 2.5, 3.0]


def test_a_wait_moves_everything_after_it():
    schedule = scheduled(STEPS[0], Wait(2.0), *STEPS[1:], interval=0.5)
    assert times(schedule) == [0.0, 2.5, 3.0, 3.5, 4.0]


def test_a_wait_at_the_end_delays_the_end():
    assert scheduled(*STEPS, Wait(3.0)).ends_at == 3.0


def test_a_wait_inside_a_frame_splits_it():
    first, second = scheduled(STEPS[0], Wait(1.0, inside=10), *STEPS[1:]).writes
    assert b"".join(first.chunks) == FRAMES[0] + FRAMES[1][:10]
    assert (first.at, second.at) == (0.0, 1.0)
    assert b"".join(second.chunks) == FRAMES[1][10:] + b"".join(FRAMES[2:])


@pytest.mark.parametrize("how", ["end", "reset"])
def test_a_cut_drops_what_follows(how):
    schedule = scheduled(*STEPS[:2], Cut(how), *STEPS[2:])
    assert schedule.body == b"".join(FRAMES[:2])
    assert schedule.end == how


def test_a_cut_inside_a_frame_keeps_its_beginning():
    schedule = scheduled(STEPS[0], Cut("reset", inside=7), *STEPS[1:])
    assert schedule.body == FRAMES[0] + FRAMES[1][:7]
    assert schedule.end == "reset"


@pytest.mark.parametrize("interval", [0.0, 0.5])
def test_a_body_may_be_cut_at_any_byte(interval):
    for at in range(len(BODY) + 1):
        schedule = scheduled(cut_at=at, cut="reset", interval=interval)
        assert schedule.body == BODY[:at]
        assert schedule.end == "reset"


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_chunks_of_a_size_cross_the_borders_of_frames(size):
    [write] = scheduled(chunks=size).writes
    assert {len(chunk) for chunk in write.chunks[:-1]} <= {size}
    assert b"".join(write.chunks) == BODY
    buffer = EventStreamBuffer()
    for chunk in write.chunks:
        buffer.add_data(chunk)
    assert len(list(buffer)) == len(STEPS)


def test_whole_is_one_chunk():
    [write] = scheduled(chunks="whole").writes
    assert write.chunks == (BODY,)


def test_a_burst_leaves_in_portions():
    steps = tuple(blocks.text(0, ["lorem"] * 5000))
    [write] = schedule_stream(steps, Delivery()).writes
    assert 5 < len(write.wire) < 40
    assert max(map(len, write.wire)) < 100_000
    assert b"".join(unchunked(b"".join(write.wire))) == b"".join(write.chunks)


def test_no_steps_are_no_body():
    schedule = schedule_stream((), Delivery())
    assert schedule.writes == ()


def test_raw_bytes_go_out_as_they_are():
    assert scheduled(RawBytes(b"<html>")).body == b"<html>"


def test_a_document_waits_for_everything_that_its_stream_would_have_waited_for():
    steps = (STEPS[0], Wait(2.0), *STEPS[1:])
    schedule = schedule_body(b'{"a":1}', steps, Delivery(before_headers=1.0, interval=0.5))
    assert schedule.before_headers == pytest.approx(1.0 + 2.0 + 4 * 0.5)
    assert schedule.body == b'{"a":1}'
    assert schedule.length == 7


def test_a_document_of_a_cut_stream_is_cut_in_the_middle():
    schedule = schedule_body(b"12345678", (Cut("reset"),), Delivery())
    assert (schedule.body, schedule.length, schedule.end) == (b"1234", 8, "reset")


def test_a_document_may_be_cut_at_any_byte():
    schedule = schedule_body(b"12345678", STEPS, Delivery(cut_at=3, cut="end"))
    assert (schedule.body, schedule.length, schedule.end) == (b"123", 8, "end")


def test_a_hang_up_is_kept():
    assert scheduled(hang_up="reset").hang_up == "reset"
    assert schedule_body(b"{}", STEPS, Delivery(hang_up="end")).hang_up == "end"


def test_a_corrupt_event_is_corrupt_on_the_wire():
    broken = Event(STEPS[1].type, STEPS[1].payload, "message_crc")
    schedule = scheduled(STEPS[0], broken)
    assert schedule.body != FRAMES[0] + FRAMES[1]
    assert len(schedule.body) == len(FRAMES[0] + FRAMES[1])


def test_a_scenario_is_delivered_at_once_unless_it_says_otherwise():
    assert Scenario("plain").delivery == Delivery()
