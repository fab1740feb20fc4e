"""Guardrail, service tier and request metadata."""

import re
from collections.abc import Mapping
from typing import Any

from sluice.traits import ModelTraits

from gateway.converse.fields import below, filled, shown
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_IDENTIFIER, _VERSION, _TRACE = (
    "x-amzn-bedrock-guardrailidentifier",
    "x-amzn-bedrock-guardrailversion",
    "x-amzn-bedrock-trace",
)
_TRACES = ("enabled", "disabled", "enabled_full")
_LATENCIES = ("standard", "optimized")
_MODES = ("sync", "async")
# The words of OpenAI and of Bedrock for a tier that is not the default → Bedrock's.
_TIERS = {"flex": "flex", "priority": "priority", "fast": "priority", "reserved": "reserved"}
_NOT_IN_METADATA = re.compile(r"[^a-zA-Z0-9\s:_@$#=/+,.-]", re.ASCII)
_MOST_PAIRS, _LONGEST = 16, 256


def guardrail_of(headers: Mapping[str, str], body: object, path: str, *, streams: bool) -> Json | None:
    """Return `guardrailConfig` from the body's field, else from Bedrock's own headers; None: neither names one.

    Raises:
        InvalidRequest: it is incomplete.
    """
    if body is not None:
        return _from_body(body, path, streams=streams)
    if not (identifier := headers.get(_IDENTIFIER, "").strip()):
        return None
    config: Json = {
        "guardrailIdentifier": identifier,
        "guardrailVersion": headers.get(_VERSION, "").strip() or "DRAFT",
    }
    if trace := headers.get(_TRACE, "").strip().lower():
        config["trace"] = _one_of(trace, _TRACES, _TRACE)
    return config


def service_tier(asked: str, traits: ModelTraits) -> Json | None:
    """Return `serviceTier` for OpenAI's or Bedrock's word for it; None where it is the default or not to be had."""
    tier = _TIERS.get(asked)
    if tier is None or (traits.service_tiers is not None and tier not in traits.service_tiers):
        return None
    return {"type": tier}


def performance_config(body: Json | None, path: str) -> Json | None:
    """Return `performanceConfig` from the body's field.

    Raises:
        InvalidRequest: its latency is neither standard nor optimized.
    """
    return {"latency": _one_of(body.get("latency"), _LATENCIES, below(path, "latency"))} if body else None


def request_metadata(metadata: Mapping[str, object], path: str) -> Json:
    """Return `requestMetadata`: characters that Bedrock does not take become `_`, long values are cut.

    Raises:
        InvalidRequest: a value is no string, or there are more pairs than Bedrock takes.
    """
    if len(metadata) > _MOST_PAIRS:
        raise InvalidRequest(f"`{path}` has {len(metadata)} pairs; Bedrock takes {_MOST_PAIRS}.", path)
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise InvalidRequest(f"`{below(path, key)}` must be a string.", below(path, key))
    return {_metadata(key): _metadata(str(value)) for key, value in metadata.items() if key}


def _from_body(body: object, path: str, *, streams: bool) -> Json:
    if not isinstance(body, dict):
        raise InvalidRequest(f"`{path}` must be an object.", path)
    config: Json = {
        "guardrailIdentifier": filled(body, "guardrailIdentifier", path),
        "guardrailVersion": filled(body, "guardrailVersion", path),
    }
    if (trace := body.get("trace")) is not None:
        config["trace"] = _one_of(trace, _TRACES, below(path, "trace"))
    if (mode := body.get("streamProcessingMode")) is not None and streams:
        config["streamProcessingMode"] = _one_of(mode, _MODES, below(path, "streamProcessingMode"))
    return config


def _one_of(value: object, allowed: tuple[str, ...], path: str) -> str:
    if value not in allowed:
        raise InvalidRequest(f"`{path}` is {shown(value)}; it may be {', '.join(allowed)}.", path)
    return str(value)


def _metadata(text: str) -> str:
    return _NOT_IN_METADATA.sub("_", text)[:_LONGEST]
