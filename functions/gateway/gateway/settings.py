"""The gateway's settings, read once from the environment and validated at cold start."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast, get_args
from urllib.parse import urlsplit

from sluice.region import region_of
from sluice.residency import Residency
from sluice.resolution import preference_of

# As a browser writes it: scheme, host and port, in lower case, and nothing after.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@]+", re.ASCII)
_URL = re.compile(r"https?://[^\s?#]+", re.ASCII)

UrlAuth = Literal["NONE", "AWS_IAM"]
MetricsBy = Literal["none", "total", "by-model", "by-model-and-caller"]


class SettingsError(Exception):
    """An environment variable is missing or makes no sense; the message names it."""


class Settings(NamedTuple):
    """What an operator can set. Endpoints are URLs without a trailing slash; times are seconds.

    With a `bedrock_api_key` (outside Lambda) Bedrock is asked with it instead of AWS credentials; empty: none.
    `ca_bundle` is a PEM file to trust instead of the system's; empty: the system's. `refresh_function` fills the
    catalog; empty: nobody asks it to. `catalog_is_live`: the operator wants no catalog cached.
    """

    region: str
    catalog_table: str
    access_table: str
    url_auth: UrlAuth
    path_prefix: str
    cors_allow_origins: tuple[str, ...]
    bedrock_runtime_endpoint: str
    bedrock_api_key: str
    dynamodb_endpoint: str
    lambda_endpoint: str
    ca_bundle: str
    upstream_idle_timeout: float
    profile_preference: tuple[str, ...]
    residency: Residency
    refresh_function: str
    catalog_is_live: bool
    metrics_by: MetricsBy

    def bedrock_runtime_in(self, region: str) -> str:
        """Return the endpoint of Bedrock Runtime in a region; one that was configured is that of every region."""
        is_awss = self.bedrock_runtime_endpoint == _awss_endpoint("bedrock-runtime", self.region)
        return _awss_endpoint("bedrock-runtime", region) if is_awss else self.bedrock_runtime_endpoint


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a variable is missing or invalid.
    """
    region = region_of(environ)
    return Settings(
        region=region,
        catalog_table=_required(environ, "SLUICE_CATALOG_TABLE"),
        access_table=_required(environ, "SLUICE_ACCESS_TABLE"),
        url_auth=_url_auth(environ.get("SLUICE_URL_AUTH", "").strip() or "NONE"),
        path_prefix=_path_prefix(environ.get("SLUICE_PATH_PREFIX", "")),
        cors_allow_origins=_origins(environ.get("SLUICE_CORS_ALLOW_ORIGINS", "")),
        bedrock_runtime_endpoint=_endpoint(environ, "bedrock-runtime", region),
        # Not AWS_BEARER_TOKEN_BEDROCK: a client's variable must never replace the execution role.
        bedrock_api_key=environ.get("SLUICE_BEDROCK_API_KEY", "").strip(),
        dynamodb_endpoint=_endpoint(environ, "dynamodb", region),
        lambda_endpoint=_endpoint(environ, "lambda", region),
        ca_bundle=environ.get("AWS_CA_BUNDLE", "").strip(),
        upstream_idle_timeout=_seconds(environ, "SLUICE_UPSTREAM_IDLE_TIMEOUT", 300),
        profile_preference=_profile_preference(environ.get("SLUICE_PROFILE_PREFERENCE", "")),
        residency=_residency(environ.get("SLUICE_RESIDENCY", ""), region),
        refresh_function=environ.get("SLUICE_REFRESH_FUNCTION", "").strip(),
        catalog_is_live=environ.get("SLUICE_REFRESH_INTERVAL", "").strip() == "0",
        metrics_by=_metrics_by(environ.get("SLUICE_METRICS", "").strip() or "by-model-and-caller"),
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name, "").strip():
        return value
    raise SettingsError(f"{name} is not set")


def _url_auth(value: str) -> UrlAuth:
    if value not in ("NONE", "AWS_IAM"):
        raise SettingsError(f"SLUICE_URL_AUTH is {value!r}; it must be NONE or AWS_IAM")
    return cast(UrlAuth, value)


def _metrics_by(value: str) -> MetricsBy:
    if value not in get_args(MetricsBy):
        raise SettingsError(f"SLUICE_METRICS is {value!r}; it must be one of {', '.join(get_args(MetricsBy))}")
    return cast(MetricsBy, value)


def _path_prefix(value: str) -> str:
    prefix = value.strip().rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise SettingsError(f"SLUICE_PATH_PREFIX is {value!r}; it must begin with '/'")
    return prefix


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/").lower() for origin in value.split(",") if origin.strip())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"SLUICE_CORS_ALLOW_ORIGINS has {origin!r}; each must be * or like https://example.com")
    return origins


def _profile_preference(value: str) -> tuple[str, ...]:
    try:
        return preference_of(value)
    except ValueError as error:
        raise SettingsError(f"SLUICE_PROFILE_PREFERENCE is {value!r}: {error}") from error


def _residency(value: str, region: str) -> Residency:
    try:
        residency = Residency.parse(value)
    except ValueError as error:
        raise SettingsError(f"SLUICE_RESIDENCY is {value!r}: {error}") from error
    if not residency.allows(region):
        raise SettingsError(f"SLUICE_RESIDENCY is {value!r}, and this function itself runs outside, in {region}")
    return residency


def _endpoint(environ: Mapping[str, str], service: str, region: str) -> str:
    """The AWS SDKs' own order: the service's variable, then the one for all services, then AWS's host."""
    variable = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").strip().lower() == "true"
    for name in () if ignored else (variable, "AWS_ENDPOINT_URL"):
        if value := environ.get(name, "").strip().rstrip("/"):
            if not _is_endpoint(value):
                raise SettingsError(f"{name} is {value!r}; it must be an http or https URL without a query")
            return value
    return _awss_endpoint(service, region)


def _awss_endpoint(service: str, region: str) -> str:
    return f"https://{service}.{region}.{_dns_suffix(region)}"


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_URL.fullmatch(url) and url.isascii() and parts.hostname and parts.port != 0)
    except ValueError:  # of brackets that do not match, or a port that is none
        return False


def _dns_suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise SettingsError(f"{name} is {value!r}; it must be a number of seconds above 0")
    return seconds
