"""Blocks of a reply one after the other, for dialects whose clients know only one block at a time."""

from gateway.bedrock.grammar import BlockDelta, BlockStart, BlockStop, Event, MessageStop, TextDelta


class OneAtATime:
    """Holds back the events of a tool use that Bedrock interleaves with another, until the other is over."""

    def __init__(self) -> None:
        self._open: int | None = None
        self._waiting: dict[int, list[Event]] = {}

    def read(self, events: list[Event]) -> list[Event]:
        """Return the events that may be told now, in an order in which no two blocks overlap."""
        return [told for event in events for told in self._told(event)]

    def _told(self, event: Event) -> list[Event]:
        match event:
            case BlockStart(index) if self._open is None:
                self._open = index
            case BlockStart(index):
                self._waiting.setdefault(index, []).append(event)
                return []
            case TextDelta(index) | BlockDelta(index) | BlockStop(index) if index in self._waiting:
                self._waiting[index].append(event)
                return []
            case BlockStop():
                self._open = None
                return [event, *self._next()]
            case MessageStop():
                # The grammar closes every block before this, so nothing can be waiting.
                self._open = None
            case _:
                pass
        return [event]

    def _next(self) -> list[Event]:
        """Return what was held back of blocks whose turn it is now: the whole ones, and the first that goes on."""
        told: list[Event] = []
        while self._waiting and self._open is None:
            index = next(iter(self._waiting))
            held = self._waiting.pop(index)
            told += held
            if not isinstance(held[-1], BlockStop):
                self._open = index
        return told
