"""Settings, configuration file and credentials → what a refresh discovers."""

from collections.abc import Callable

from catalog_refresh.config_file import ConfigFile
from catalog_refresh.options import with_file_options
from catalog_refresh.refresh import Plan
from catalog_refresh.settings import Settings


def plan_of(settings: Settings, file: ConfigFile, credentials: Callable[[], str | None]) -> Plan:
    """Let the file's options count before the settings', and discover where that is said or there are credentials.

    The function's own region comes first among several: it is the gateway's, which asks there first.
    """
    options = with_file_options(settings.discovery, file.discovery)
    enabled = options.enabled if options.enabled is not None else credentials() is not None
    regions = tuple(sorted(options.regions, key=lambda region: region != settings.region))
    return Plan(options, regions or (settings.region,), enabled, file)
