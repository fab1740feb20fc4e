"""Plays a schedule on a connection: the only place where an answer meets the clock."""

import asyncio
from collections.abc import Iterable

from sluice_local.bedrock_runtime.schedule import Schedule
from sluice_local.http_server import Exchange


async def play(exchange: Exchange, status: int, headers: Iterable[tuple[str, str]], schedule: Schedule) -> None:
    """Send the headers and the body, each byte when it is due, and end the body as the schedule says."""
    await asyncio.sleep(schedule.before_headers)
    if schedule.hang_up:
        await exchange.abort(reset=schedule.hang_up == "reset")
    elif schedule.length is not None:
        await _play_counted(exchange, status, headers, schedule, schedule.length)
    else:
        await _play_chunked(exchange, status, headers, schedule)


async def _play_counted(
    exchange: Exchange, status: int, headers: Iterable[tuple[str, str]], schedule: Schedule, length: int
) -> None:
    if len(schedule.body) == length:
        await exchange.respond(status, headers, schedule.body)
        return
    await exchange.start(status, [*headers, ("content-length", str(length))])
    await exchange.send(schedule.body)
    await exchange.abort(reset=schedule.end == "reset")


async def _play_chunked(
    exchange: Exchange, status: int, headers: Iterable[tuple[str, str]], schedule: Schedule
) -> None:
    await exchange.start(status, headers)
    begun = asyncio.get_running_loop().time()
    for write in schedule.writes:
        await _sleep_until(begun + write.at)
        for portion in write.wire:
            # The HTTP chunks are framed already, so that what is due at one time leaves in few writes.
            await exchange.send_raw(portion)
    await _sleep_until(begun + schedule.ends_at)
    if schedule.end == "reset":
        await exchange.abort()
    else:
        await exchange.finish()


async def _sleep_until(time: float) -> None:
    delay = time - asyncio.get_running_loop().time()
    if delay > 0:
        await asyncio.sleep(delay)
