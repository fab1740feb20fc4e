"""A function with SnapStart hooks, which answers what they did."""

from snapshot_restore_py import register_after_restore, register_before_snapshot

events: list[str] = []


@register_before_snapshot
def before_snapshot() -> None:
    events.append("before the snapshot")


@register_after_restore
def after_restore() -> None:
    events.append("after the restore")


def handler(event: object, context: object) -> list[str]:
    return events
