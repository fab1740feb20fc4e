"""Models and inference profiles in the shapes of botocore's service model; times as botocore has them."""

from typing import Any

from sluice_local.bedrock_control.catalog import FoundationModel, InferenceProfile


def model_summary(model: FoundationModel) -> dict[str, Any]:
    """Return a foundation model as ListFoundationModels and GetFoundationModel show it."""
    return {
        "modelArn": model.arn,
        "modelId": model.model_id,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": list(model.input_modalities),
        "outputModalities": list(model.output_modalities),
        "responseStreamingSupported": model.streaming,
        "customizationsSupported": list(model.customizations),
        "inferenceTypesSupported": list(model.inference_types),
        "modelLifecycle": {
            "status": model.lifecycle.status,
            "startOfLifeTime": model.lifecycle.launched,
            "legacyTime": model.lifecycle.legacy,
            "publicExtendedAccessTime": model.lifecycle.extended_access,
            "endOfLifeTime": model.lifecycle.end_of_life,
        },
    }


def profile_summary(profile: InferenceProfile) -> dict[str, Any]:
    """Return an inference profile as ListInferenceProfiles and GetInferenceProfile show it."""
    return {
        "inferenceProfileName": profile.name,
        "description": profile.description,
        "createdAt": profile.created_at,
        "updatedAt": profile.updated_at,
        "inferenceProfileArn": profile.arn,
        "models": [{"modelArn": arn} for arn in profile.model_arns],
        "inferenceProfileId": profile.profile_id,
        "status": "ACTIVE",
        "type": profile.type,
    }
