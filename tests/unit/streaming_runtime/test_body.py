import logging
from collections.abc import Iterator

import pytest
from streaming_runtime.body import Body


class Recorder:
    """An iterable of bytes that counts how often it is closed."""

    def __init__(self, *items: bytes) -> None:
        self.items = items
        self.closes = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.items)

    def close(self) -> None:
        self.closes += 1


def drawn(body: Body) -> list[bytes]:
    return list(iter(body.draw, b""))


def test_empty_items_are_skipped() -> None:
    assert drawn(Body([b"", b"a", b"", b"", b"b", b""])) == [b"a", b"b"]


def test_a_body_of_nothing_draws_nothing_as_often_as_asked() -> None:
    body = Body([b""])
    assert [body.draw(), body.draw()] == [b"", b""]


def test_nothing_is_drawn_ahead() -> None:
    log: list[str] = []

    def items() -> Iterator[bytes]:
        for name in "ab":
            log.append(name)
            yield name.encode()

    body = Body(items())
    assert log == []
    body.draw()
    assert log == ["a"]


@pytest.mark.parametrize("item", ["text", None, 5, bytearray(b"x"), memoryview(b"x")])
def test_an_item_that_is_not_bytes_is_an_error(item: bytes) -> None:
    with pytest.raises(TypeError, match=r"the body of a StreamResponse must yield bytes, not "):
        Body([item]).draw()


def test_bytes_in_place_of_an_iterable_of_bytes_are_an_error() -> None:
    with pytest.raises(TypeError, match=r"must yield bytes, not int"):
        Body(b"abc").draw()  # type: ignore[arg-type] # the mistake under test


def test_a_generator_is_closed_where_it_stands() -> None:
    log: list[str] = []

    def items() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            log.append("closed")

    body = Body(items())
    body.draw()
    body.close()
    assert log == ["closed"]


def test_a_body_is_closed_once_however_often_it_is_asked_to() -> None:
    recorder = Recorder(b"a")
    body = Body(recorder)
    body.close()
    body.close()
    assert recorder.closes == 1


def test_the_iterator_is_closed_of_an_iterable_that_cannot_be() -> None:
    log: list[str] = []

    class Items:
        def __iter__(self) -> Iterator[bytes]:
            try:
                yield b"a"
                yield b"b"
            finally:
                log.append("closed")

    body = Body(Items())
    body.draw()
    body.close()
    assert log == ["closed"]


def test_a_list_needs_no_closing() -> None:
    body = Body([b"a"])
    body.close()
    assert drawn(body) == [b"a"]


def test_a_close_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Recorder):
        def close(self) -> None:
            raise OSError("stuck")

    Body(Stuck()).close()
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "close() of a StreamResponse's body failed")
    ]
    assert "OSError: stuck" in caplog.text
