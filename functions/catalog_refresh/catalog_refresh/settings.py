"""The refresh function's settings, read once from the environment and validated at cold start."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.model_row import DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS
from sluice.region import is_region, region_of

from catalog_refresh.options import DEFAULT_REFRESH_INTERVAL, DiscoveryOptions, names, normalised_filter


class SettingsError(Exception):
    """An environment variable is missing or makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set; boto3 finds the endpoints by itself.

    `region` is where the table is. `config` is where the configuration file is: `ssm:/name`, `s3://bucket/key`, a
    file's path; empty: there is none. What the file says of discovery counts before `discovery`.
    """

    region: str
    catalog_table: str
    config: str
    discovery: DiscoveryOptions


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a variable is missing or invalid.
    """
    return Settings(
        region=region_of(environ),
        catalog_table=_required(environ, "SLUICE_CATALOG_TABLE"),
        config=environ.get("SLUICE_CONFIG", "").strip(),
        discovery=DiscoveryOptions(
            enabled=_enabled(environ.get("SLUICE_DISCOVERY_ENABLED", "")),
            regions=_regions(environ.get("SLUICE_DISCOVERY_REGION", "")),
            provider_filter=normalised_filter(environ.get("SLUICE_PROVIDER_FILTER", "")),
            refresh_interval=_whole_number(environ, "SLUICE_REFRESH_INTERVAL", DEFAULT_REFRESH_INTERVAL),
            default_context_window=_whole_number(environ, "SLUICE_DEFAULT_CONTEXT_WINDOW", DEFAULT_CONTEXT_WINDOW, 1),
            default_max_tokens=_whole_number(environ, "SLUICE_DEFAULT_MAX_TOKENS", DEFAULT_MAX_TOKENS, 1),
        ),
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name, "").strip():
        return value
    raise SettingsError(f"{name} is not set")


def _enabled(value: str) -> bool | None:
    match value.strip().lower():
        case "":
            return None
        case "true":
            return True
        case "false":
            return False
        case _:
            raise SettingsError(f"SLUICE_DISCOVERY_ENABLED is {value!r}; it must be true, false or empty")


def _regions(value: str) -> tuple[str, ...]:
    found = names(value)
    for name in found:
        if not is_region(name):
            raise SettingsError(f"SLUICE_DISCOVERY_REGION has {name!r}, which is no region like us-east-1")
    return found


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and int(value) >= least):
        raise SettingsError(f"{name} is {value!r}; it must be a whole number, {least} or more")
    return int(value)
