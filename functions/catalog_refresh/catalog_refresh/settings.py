"""The refresh function's settings, read once from the environment and validated at cold start."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.region import region_of

DEFAULT_REFRESH_INTERVAL = 3600


class SettingsError(Exception):
    """An environment variable is missing or makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set. `refresh_interval` is in seconds; boto3 finds the endpoints by itself."""

    region: str
    catalog_table: str
    refresh_interval: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a variable is missing or invalid.
    """
    return Settings(
        region=region_of(environ),
        catalog_table=_required(environ, "SLUICE_CATALOG_TABLE"),
        refresh_interval=_whole_seconds(environ, "SLUICE_REFRESH_INTERVAL", DEFAULT_REFRESH_INTERVAL),
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name, "").strip():
        return value
    raise SettingsError(f"{name} is not set")


def _whole_seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()):
        raise SettingsError(f"{name} is {value!r}; it must be a whole number of seconds, 0 or more")
    return int(value)
