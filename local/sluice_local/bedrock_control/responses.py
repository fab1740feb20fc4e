"""From a request to the backend and back, in the shapes of botocore's service model."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from moto.bedrock.models import bedrock_backends
from moto.bedrock.responses import BedrockResponse
from moto.core.request import Request
from moto.core.responses import ActionResult
from werkzeug.exceptions import HTTPException

from sluice_local.bedrock_control.account_models import LISTINGS
from sluice_local.bedrock_control.constraints import check, query_parameters
from sluice_local.bedrock_control.errors import ValidationError, refused_caller
from sluice_local.bedrock_control.models import ControlPlaneBackend
from sluice_local.bedrock_control.summaries import model_summary, profile_summary


class ControlPlaneResponse(BedrockResponse):
    """Answers the operations that moto lacks; moto calls the method named like the operation."""

    @property
    def bedrock_backend(self) -> ControlPlaneBackend:
        """The caller's account in the request's region."""
        backend = bedrock_backends[self.current_account][self.region]
        assert isinstance(backend, ControlPlaneBackend)
        return backend

    def list_foundation_models(self) -> ActionResult:
        """Answer ListFoundationModels, which is not paged."""
        given = self._query("ListFoundationModels")
        models = self.bedrock_backend.list_foundation_models(
            provider=given.get("byProvider"),
            customization=given.get("byCustomizationType"),
            output_modality=given.get("byOutputModality"),
            inference_type=given.get("byInferenceType"),
        )
        return ActionResult({"modelSummaries": [model_summary(model) for model in models]})

    def get_foundation_model(self) -> ActionResult:
        """Answer GetFoundationModel for an id or ARN."""
        model = self.bedrock_backend.get_foundation_model(self._path_member("GetFoundationModel", "modelIdentifier"))
        return ActionResult({"modelDetails": model_summary(model)})

    def list_inference_profiles(self) -> ActionResult:
        """Answer one page of ListInferenceProfiles."""
        given = self._query("ListInferenceProfiles")
        profiles, next_token = self.bedrock_backend.list_inference_profiles(
            profile_type=given.get("typeEquals"),
            max_results=int(given["maxResults"]) if "maxResults" in given else None,
            next_token=given.get("nextToken"),
        )
        summaries = [profile_summary(profile) for profile in profiles]
        return ActionResult({"inferenceProfileSummaries": summaries, "nextToken": next_token})

    def get_inference_profile(self) -> ActionResult:
        """Answer GetInferenceProfile for an id or ARN."""
        identifier = self._path_member("GetInferenceProfile", "inferenceProfileIdentifier")
        return ActionResult(profile_summary(self.bedrock_backend.get_inference_profile(identifier)))

    def create_inference_profile(self) -> ActionResult:
        """Answer CreateInferenceProfile with an application profile."""
        given = self._json_body()
        check("CreateInferenceProfile", given, whole=True)
        if "copyFrom" not in given["modelSource"]:
            raise ValidationError("The modelSource must have exactly one member: copyFrom.")
        profile = self.bedrock_backend.create_inference_profile(
            name=given["inferenceProfileName"],
            description=given.get("description"),
            copy_from=given["modelSource"]["copyFrom"],
            tags=given.get("tags") or (),
        )
        return ActionResult({"inferenceProfileArn": profile.arn, "status": "ACTIVE"})

    def delete_inference_profile(self) -> ActionResult:
        """Answer DeleteInferenceProfile."""
        identifier = self._path_member("DeleteInferenceProfile", "inferenceProfileIdentifier")
        self.bedrock_backend.delete_inference_profile(identifier)
        return ActionResult({})

    def list_custom_models(self) -> ActionResult:  # type: ignore[override]  # moto's own answers JSON of its own making
        """Answer one page of ListCustomModels: moto's own and what was put in."""
        return self._account_models("ListCustomModels")

    def list_custom_model_deployments(self) -> ActionResult:
        """Answer one page of ListCustomModelDeployments."""
        return self._account_models("ListCustomModelDeployments")

    def list_imported_models(self) -> ActionResult:
        """Answer one page of ListImportedModels."""
        return self._account_models("ListImportedModels")

    def list_provisioned_model_throughputs(self) -> ActionResult:
        """Answer one page of ListProvisionedModelThroughputs."""
        return self._account_models("ListProvisionedModelThroughputs")

    def list_prompt_routers(self) -> ActionResult:
        """Answer one page of ListPromptRouters."""
        return self._account_models("ListPromptRouters")

    def list_marketplace_model_endpoints(self) -> ActionResult:
        """Answer one page of ListMarketplaceModelEndpoints."""
        return self._account_models("ListMarketplaceModelEndpoints")

    def setup_class(
        self, request: Request, full_url: str | None = None, headers: Any = None, use_raw_body: bool | None = None
    ) -> None:
        """Take in a request. Without a query moto puts the headers into `data`, and would then sign them as a body."""
        super().setup_class(request, full_url, headers, use_raw_body)
        self.data = {}

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        try:
            super()._authenticate_and_authorize_normal_action(resource)
        except HTTPException as refusal:
            error = refused_caller(refusal)
            # moto sends a refusal's body and status only, so its type goes with the headers of every answer.
            self.response_headers.update(error.get_headers())
            raise error from refusal

    def _determine_resource(self) -> str:
        """Return the ARN that the caller's policies must allow; lists have none."""
        action = self._get_action()
        match action:
            case "GetFoundationModel":
                return self.bedrock_backend.foundation_model_arn(self.uri_match["modelIdentifier"])
            case "GetInferenceProfile" | "DeleteInferenceProfile":
                return self.bedrock_backend.inference_profile_arn(self.uri_match["inferenceProfileIdentifier"])
            case "CreateInferenceProfile":
                return self.bedrock_backend.application_profile_arn("*")
            case _:
                return "*"

    def _account_models(self, operation: str) -> ActionResult:
        summaries, next_token = self.bedrock_backend.list_account_models(operation, self._query(operation))
        return ActionResult({LISTINGS[operation].result: summaries, "nextToken": next_token})

    def _query(self, operation: str) -> Mapping[str, str]:
        return query_parameters(operation, parse_qs(self.parsed_url.query, keep_blank_values=True))

    def _path_member(self, operation: str, name: str) -> str:
        identifier: str = self.uri_match[name]
        check(operation, {name: identifier})
        return identifier

    def _json_body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.body)
        except ValueError as error:
            raise ValidationError("The request body is not JSON.") from error
        if not isinstance(body, dict):
            raise ValidationError("The request body is not an object.")
        return body
