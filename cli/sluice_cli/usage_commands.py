"""`sluice usage`: what was used, and what it cost."""

import calendar
import re
import time
from collections.abc import Collection, Mapping, Sequence

import click
from sluice.access_items import day_of, principals_of
from sluice.keys import KEY_ID_PATTERN, key_id_in
from sluice.usage import UsageRow

from sluice_cli.access_table import AccessTable
from sluice_cli.moments import past_day
from sluice_cli.option_types import Read
from sluice_cli.principal_arns import is_role, principal_arn
from sluice_cli.target import Target
from sluice_cli.target_options import with_target
from sluice_cli.usage_report import GROUPINGS, Report, as_csv, as_json, as_table, grouped

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def _month(text: str) -> tuple[str, str]:
    if not _MONTH.fullmatch(text):
        raise ValueError(f"{text!r} is no month; write it like 2026-11")
    return f"{text}-01", f"{text}-{calendar.monthrange(int(text[:4]), int(text[5:]))[1]:02}"


def _caller(text: str) -> str:
    if key_id := key_id_in(text.strip()):
        return key_id
    if text.startswith("arn:"):
        return principal_arn(text)
    # What was typed may be most of a secret, and is not repeated.
    raise ValueError("must be a key's id, a whole key, or the ARN of an IAM principal")


_DAY = Read("DAY", lambda text: past_day(text, time.time()))


@click.command()
@click.option("--month", type=Read("MONTH", _month), help="Of this month, like 2026-11.  [default: the current one]")
@click.option("--since", type=_DAY, help="From this day of UTC on: a date, or 7d for seven days ago.")
@click.option("--until", type=_DAY, help="Through this day.  [default: today]")
@click.option("--key", "--caller", "caller", type=Read("CALLER", _caller), help="Of this key, or IAM principal.")
@click.option(
    "--by", multiple=True, default=("key",), show_default=True, type=click.Choice(list(GROUPINGS)), help="Repeatable."
)
@click.option("--csv", "csv_wanted", is_flag=True, help="Print CSV.")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@with_target
def usage(
    *,
    month: tuple[str, str] | None,
    since: str | None,
    until: str | None,
    caller: str | None,
    by: tuple[str, ...],
    csv_wanted: bool,
    json_wanted: bool,
    target: Target,
) -> None:
    """Show what was used and what it cost, by key, role, model, day or month."""
    if csv_wanted and json_wanted:
        raise click.UsageError("Give either --csv or --json.")
    first, last = _span(month, since, until, day_of(time.time()))
    table = AccessTable(target)
    by = tuple(dict.fromkeys(by))
    groups = grouped(_rows(table, caller, first, last), by)
    report = Report(first, last, by, groups, _names(table, by, groups))
    shown = as_csv if csv_wanted else as_json if json_wanted else as_table
    click.echo(shown(report))


def _span(month: tuple[str, str] | None, since: str | None, until: str | None, today: str) -> tuple[str, str]:
    if month and (since or until):
        raise click.UsageError("Give either --month, or --since and --until.")
    first, last = month or (since or f"{(until or today)[:7]}-01", until or today)
    if first > last:
        raise click.UsageError(f"{first} is after {last}.")
    return first, last


def _rows(table: AccessTable, caller: str | None, first: str, last: str) -> Sequence[UsageRow]:
    if caller is None:
        return table.usage(first, last)
    if is_role(caller):
        # Each session of a role has rows of its own.
        return [row for row in table.usage(first, last) if caller in principals_of(row.caller)]
    return table.usage_of(caller, first, last)


def _names(table: AccessTable, by: Sequence[str], groups: Collection[tuple[str, ...]]) -> Mapping[str, str]:
    if "key" not in by:
        return {}
    callers = {group[by.index("key")] for group in groups}
    return table.names_of(sorted(caller for caller in callers if KEY_ID_PATTERN.fullmatch(caller)))
