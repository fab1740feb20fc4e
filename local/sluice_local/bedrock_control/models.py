"""moto's Bedrock backend with foundation models and inference profiles."""

import base64
import secrets
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from moto.bedrock.models import BedrockBackend, bedrock_backends

from sluice_local.bedrock_control.account_models import Summary, selected
from sluice_local.bedrock_control.catalog import (
    FoundationModel,
    InferenceProfile,
    foundation_model_arn,
    foundation_models,
    inference_profiles,
    partition_of,
)
from sluice_local.bedrock_control.errors import ResourceNotFoundError, ValidationError

# How many profiles a page has where the client does not say: the system-defined ones of a region fit.
PAGE_SIZE = 100
_ID_ALPHABET = string.ascii_lowercase + string.digits


class ControlPlaneBackend(BedrockBackend):
    """One account's Bedrock in one region. moto finds its routes in `urls.py` beside, by its convention."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.application_profiles: dict[str, InferenceProfile] = {}
        self.account_models: dict[str, list[Summary]] = {}

    def list_foundation_models(
        self,
        *,
        provider: str | None = None,
        customization: str | None = None,
        output_modality: str | None = None,
        inference_type: str | None = None,
    ) -> Sequence[FoundationModel]:
        """Return the region's models that pass all filters; a provider is compared without case."""
        filters: list[Callable[[FoundationModel], bool]] = []
        if provider:
            filters.append(lambda model: model.provider.casefold() == provider.casefold())
        if customization:
            filters.append(lambda model: customization in model.customizations)
        if output_modality:
            filters.append(lambda model: output_modality in model.output_modalities)
        if inference_type:
            filters.append(lambda model: inference_type in model.inference_types)
        return [model for model in foundation_models(self.region_name) if all(passes(model) for passes in filters)]

    def get_foundation_model(self, identifier: str) -> FoundationModel:
        """Return the model of an id or ARN."""
        for model in foundation_models(self.region_name):
            if identifier in (model.model_id, model.arn):
                return model
        raise ResourceNotFoundError("Could not resolve the foundation model from the provided model identifier.")

    def list_inference_profiles(
        self, *, profile_type: str | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[Sequence[InferenceProfile], str | None]:
        """Return one page of the profiles, system-defined ones first, and the token of the next page."""
        profiles = [profile for profile in self._profiles() if profile_type in (None, profile.type)]
        start = _position_of(next_token, len(profiles)) if next_token else 0
        end = start + (max_results or PAGE_SIZE)
        return profiles[start:end], _token_of(end) if end < len(profiles) else None

    def get_inference_profile(self, identifier: str) -> InferenceProfile:
        """Return the profile of an id or ARN."""
        for profile in self._profiles():
            if identifier in (profile.profile_id, profile.arn):
                return profile
        raise ResourceNotFoundError("Could not resolve the inference profile from the provided identifier.")

    def create_inference_profile(
        self, *, name: str, description: str | None, copy_from: str, tags: Iterable[dict[str, str]]
    ) -> InferenceProfile:
        """Make an application profile of a model's or a system-defined profile's ARN."""
        model_arns = self._destinations(copy_from)
        profile_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
        now = datetime.now(UTC)
        profile = InferenceProfile(
            profile_id=profile_id,
            arn=self.application_profile_arn(profile_id),
            name=name,
            description=description,
            model_arns=model_arns,
            created_at=now,
            updated_at=now,
            type="APPLICATION",
        )
        self.application_profiles[profile_id] = profile
        self.tagger.tag_resource(profile.arn, [{"Key": tag["key"], "Value": tag["value"]} for tag in tags])
        return profile

    def delete_inference_profile(self, identifier: str) -> None:
        """Delete an application profile; system-defined ones are AWS's."""
        profile = self.get_inference_profile(identifier)
        if profile.type == "SYSTEM_DEFINED":
            raise ValidationError("System-defined inference profiles cannot be deleted.")
        del self.application_profiles[profile.profile_id]
        self.tagger.delete_all_tags_for_resource(profile.arn)

    def list_account_models(self, operation: str, given: Mapping[str, str]) -> tuple[Sequence[Summary], str | None]:
        """Return one page of what was put in for an operation, and the token of the next page."""
        kept = self.account_models.get(operation, ())
        made = self._customized_models() if operation == "ListCustomModels" else ()
        found = selected(operation, [*made, *kept], given)
        start = _position_of(given["nextToken"], len(found)) if "nextToken" in given else 0
        end = start + int(given.get("maxResults", PAGE_SIZE))
        return found[start:end], _token_of(end) if end < len(found) else None

    def _customized_models(self) -> list[Summary]:
        """Return what moto's own customization jobs made, in Bedrock's types."""
        return [
            {
                "modelArn": model.model_arn,
                "modelName": model.model_name,
                "creationTime": datetime.fromisoformat(model.creation_time).replace(tzinfo=UTC),
                "baseModelArn": model.base_model_arn,
                "baseModelName": model.base_model_name,
                "customizationType": model.customization_type,
                "modelStatus": "Active",
            }
            for model in self.custom_models.values()
        ]

    def application_profile_arn(self, profile_id: str) -> str:
        """Return the ARN of an application profile of this account and region."""
        partition = partition_of(self.region_name)
        return (
            f"arn:{partition}:bedrock:{self.region_name}:{self.account_id}:application-inference-profile/{profile_id}"
        )

    def foundation_model_arn(self, identifier: str) -> str:
        """Return the ARN that policies are checked against for a model's id or ARN."""
        return identifier if identifier.startswith("arn:") else foundation_model_arn(self.region_name, identifier)

    def inference_profile_arn(self, identifier: str) -> str:
        """Return the ARN that policies are checked against for a profile's id or ARN, whether it exists or not."""
        if identifier.startswith("arn:"):
            return identifier
        known = (profile.arn for profile in self._profiles() if profile.profile_id == identifier)
        return next(known, self.application_profile_arn(identifier))

    def _profiles(self) -> Sequence[InferenceProfile]:
        return [*inference_profiles(self.region_name, self.account_id), *self.application_profiles.values()]

    def _destinations(self, copy_from: str) -> tuple[str, ...]:
        if ":foundation-model/" in copy_from:
            return (self.get_foundation_model(copy_from).arn,)
        return self.get_inference_profile(copy_from).model_arns

    def _list_arns(self) -> list[str]:
        return [*super()._list_arns(), *(profile.arn for profile in self.application_profiles.values())]


def replace_backend() -> None:
    """Have moto make this backend where it would make its own."""
    if bedrock_backends.backend is not ControlPlaneBackend:
        bedrock_backends.backend = ControlPlaneBackend
        # What moto made before would go on answering without the control plane.
        bedrock_backends.clear()


def add_account_model(operation: str, summary: Summary, region: str, account_id: str) -> None:
    """Let a list operation show a model of the account's in a region; moto's reset forgets it."""
    backend = bedrock_backends[account_id][region]
    assert isinstance(backend, ControlPlaneBackend)
    backend.account_models.setdefault(operation, []).append(summary)


def _token_of(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode()


def _position_of(token: str, length: int) -> int:
    """Read a page token, which only this module makes; anything else is refused."""
    try:
        position = int(base64.urlsafe_b64decode(token))
    except ValueError:
        position = -1
    if not 0 < position < length:
        raise ValidationError("The provided nextToken is invalid.")
    return position
