"""Catalog rows → Bedrock's foundation models and inference profiles, every member that the catalog knows."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sluice.model_row import ANY_REGION, Lifecycle, ModelRow

from gateway.dialects.bedrock_models.request import ModelFilters, ProfilePage
from gateway.errors import InvalidRequest, UnknownModel
from gateway.messages import Response

type Json = dict[str, Any]

FOUNDATION_MODELS = ("foundation-model",)
PROFILE_TYPES: Mapping[str, str] = {
    "inference-profile": "SYSTEM_DEFINED",
    "application-inference-profile": "APPLICATION",
}


def foundation_models(rows: Iterable[ModelRow], filters: ModelFilters, request_id: str) -> Response:
    """Return ListFoundationModels' answer: all models that pass the filters, LEGACY ones and embeddings too."""
    models = [_model(row) for row in rows if row.kind in FOUNDATION_MODELS and _passes(row, filters)]
    return _json({"modelSummaries": models}, request_id)


def foundation_model(row: ModelRow | None, request_id: str) -> Response:
    """Return GetFoundationModel's answer.

    Raises:
        UnknownModel: there is no such model, or it is something else.
    """
    if row is None or row.kind not in FOUNDATION_MODELS:
        raise UnknownModel("Could not resolve the foundation model from the provided model identifier.")
    return _json({"modelDetails": _model(row)}, request_id)


def inference_profiles(rows: Iterable[ModelRow], page: ProfilePage, request_id: str) -> Response:
    """Return a page of ListInferenceProfiles' answer, AWS's own profiles first.

    Raises:
        InvalidRequest: the token was not made here.
    """
    wanted = [row for row in rows if row.kind in PROFILE_TYPES and page.profile_type in ("", PROFILE_TYPES[row.kind])]
    # A token names the profile before it, so that pages fit together when the catalog changes in between.
    start = _place_of(page.token)
    rest = sorted((row for row in wanted if _place(row) > start), key=_place)
    answer: Json = {"inferenceProfileSummaries": [_profile(row) for row in rest[: page.size]]}
    if len(rest) > page.size:
        answer["nextToken"] = _token(rest[page.size - 1])
    return _json(answer, request_id)


def inference_profile(row: ModelRow | None, request_id: str) -> Response:
    """Return GetInferenceProfile's answer.

    Raises:
        UnknownModel: there is no such profile, or it is something else.
    """
    if row is None or row.kind not in PROFILE_TYPES:
        raise UnknownModel("Could not resolve the inference profile from the provided identifier.")
    return _json(_profile(row), request_id)


def _passes(row: ModelRow, filters: ModelFilters) -> bool:
    return (
        filters.provider.casefold() in ("", row.provider.casefold())
        and (not filters.customization or filters.customization in row.customizations)
        and (not filters.inference_type or filters.inference_type in _inference_types(row))
        and (not filters.output_modality or filters.output_modality in row.output_modalities)
    )


def _model(row: ModelRow) -> Json:
    return {
        "modelArn": row.arn,
        "modelId": row.model_id,
        "modelName": row.name,
        "providerName": row.provider,
        "inputModalities": row.input_modalities,
        "outputModalities": row.output_modalities,
        "responseStreamingSupported": row.streaming,
        "customizationsSupported": row.customizations,
        "inferenceTypesSupported": _inference_types(row),
        **({"modelLifecycle": _lifecycle(row.lifecycle)} if row.lifecycle.status else {}),
    }


def _inference_types(row: ModelRow) -> tuple[str, ...]:
    return row.inference_types or (("ON_DEMAND",) if row.on_demand else ())


def _lifecycle(lifecycle: Lifecycle) -> Json:
    moments = {
        "startOfLifeTime": lifecycle.started_at,
        "legacyTime": lifecycle.legacy_at,
        "publicExtendedAccessTime": lifecycle.extended_access_at,
        "endOfLifeTime": lifecycle.end_of_life_at,
    }
    return {"status": lifecycle.status, **_known(moments, _moment)}


def _profile(row: ModelRow) -> Json:
    return {
        "inferenceProfileName": row.name,
        **_known({"description": row.description}, str),
        **_known({"createdAt": row.created_at, "updatedAt": row.updated_at}, _moment),
        "inferenceProfileArn": row.arn,
        "models": [{"modelArn": arn} for arn in _model_arns(row)],
        "inferenceProfileId": row.arn.rpartition("/")[2],
        "status": "ACTIVE",
        "type": PROFILE_TYPES[row.kind],
    }


def _model_arns(row: ModelRow) -> list[str]:
    if not row.base_model_id:
        return []
    partition = row.arn.split(":", 2)[1]
    regions = ("" if region == ANY_REGION else region for region in row.destinations)
    return [f"arn:{partition}:bedrock:{region}::foundation-model/{row.base_model_id}" for region in regions]


def _place(row: ModelRow) -> str:
    return f"{PROFILE_TYPES[row.kind] == 'APPLICATION':d} {row.arn}"


def _token(row: ModelRow) -> str:
    return base64.urlsafe_b64encode(_place(row).encode()).decode()


def _place_of(token: str) -> str:
    try:
        place = base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        place = "?"
    if token and not place.startswith(("0 arn:", "1 arn:")):
        raise InvalidRequest("The pagination token provided is invalid.", "nextToken")
    return place


def _known[Value](members: Mapping[str, Value], written: Callable[[Value], str]) -> Json:
    return {name: written(value) for name, value in members.items() if value}


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: Json, request_id: str) -> Response:
    headers = {"content-type": "application/json", "x-amzn-requestid": request_id}
    return Response(200, headers, (orjson.dumps(value),))
