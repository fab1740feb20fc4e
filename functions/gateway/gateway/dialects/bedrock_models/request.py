"""The query of Bedrock's lists → what is wanted of them, with Bedrock's words for what it does not take."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from gateway.errors import InvalidRequest

# As Bedrock's service model has them.
_MOST_RESULTS = 1_000
_PROVIDER = "[A-Za-z0-9- ]{1,63}"
_WORDS: Mapping[str, tuple[str, ...]] = {
    "byCustomizationType": ("FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"),
    "byInferenceType": ("ON_DEMAND", "PROVISIONED"),
    "byOutputModality": ("TEXT", "IMAGE", "EMBEDDING"),
    "type": ("SYSTEM_DEFINED", "APPLICATION"),
}


class ModelFilters(NamedTuple):
    """What ListFoundationModels is asked for; empty: whatever there is. `provider` is compared without case."""

    provider: str = ""
    customization: str = ""
    inference_type: str = ""
    output_modality: str = ""


class ProfilePage(NamedTuple):
    """What ListInferenceProfiles is asked for. `token` is the one of the page before; empty: the first page."""

    profile_type: str = ""
    size: int = _MOST_RESULTS
    token: str = ""


def read_model_filters(query: str) -> ModelFilters:
    """Read the query of ListFoundationModels; members that Bedrock does not have are left alone.

    Raises:
        InvalidRequest: a value is none of Bedrock's.
    """
    values = _values(query)
    return ModelFilters(
        provider=_checked(values, "byProvider", _broken_provider),
        customization=_word(values, "byCustomizationType"),
        inference_type=_word(values, "byInferenceType"),
        output_modality=_word(values, "byOutputModality"),
    )


def read_profile_page(query: str) -> ProfilePage:
    """Read the query of ListInferenceProfiles; members that Bedrock does not have are left alone.

    Raises:
        InvalidRequest: a value is none of Bedrock's.
    """
    values = _values(query)
    size = _checked(values, "maxResults", _broken_size)
    # The query's name is `type`; the service model calls the member `typeEquals`, and a client may take it at its word.
    kind = _word({"type": values.get("type") or values.get("typeEquals", "")}, "type")
    return ProfilePage(kind, int(size or _MOST_RESULTS), values.get("nextToken", ""))


def _values(query: str) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def _word(values: Mapping[str, str], name: str) -> str:
    words = _WORDS[name]
    value = values.get(name, "")
    if value and value not in words:
        raise _broken(name, value, f"Member must satisfy enum value set: [{', '.join(words)}]")
    return value


def _checked(values: Mapping[str, str], name: str, broken: Callable[[str], str]) -> str:
    value = values.get(name, "")
    if value and (constraint := broken(value)):
        raise _broken(name, value, constraint)
    return value


def _broken_provider(value: str) -> str:
    pattern = f"Member must satisfy regular expression pattern: {_PROVIDER}"
    return "" if re.fullmatch(_PROVIDER, value, re.ASCII) else pattern


def _broken_size(value: str) -> str:
    if not re.fullmatch("[0-9]{1,9}", value, re.ASCII):
        return "Member must be an integer"
    if int(value) < 1:
        return "Member must have value greater than or equal to 1"
    return f"Member must have value less than or equal to {_MOST_RESULTS}" if int(value) > _MOST_RESULTS else ""


def _broken(name: str, value: str, constraint: str) -> InvalidRequest:
    return InvalidRequest(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}", name
    )
