"""Edge: everything that Bedrock lists in one region, each list behind its own permission.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock.html
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

type Summaries = Sequence[Mapping[str, Any]]

# Lists without which a region's catalog would be half a catalog.
REQUIRED = ("ListFoundationModels", "ListInferenceProfiles")
# The others: operation → the member of its answer.
OPTIONAL = {
    "ListCustomModels": "modelSummaries",
    "ListCustomModelDeployments": "modelDeploymentSummaries",
    "ListImportedModels": "modelSummaries",
    "ListProvisionedModelThroughputs": "provisionedModelSummaries",
    "ListPromptRouters": "promptRouterSummaries",
    "ListMarketplaceModelEndpoints": "marketplaceModelEndpoints",
}
# Lists of which AWS does not write what comes without a type: operation → the argument, its words, and what tells
# entries apart.
_TYPED = {
    "ListInferenceProfiles": ("typeEquals", ("SYSTEM_DEFINED", "APPLICATION"), "inferenceProfileArn"),
    "ListPromptRouters": ("type", ("default", "custom"), "promptRouterArn"),
}
_WORKERS = 8
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedException", "UnrecognizedClientException"})
_UNSUPPORTED = frozenset({"UnknownOperationException", "ResourceNotFoundException", "ValidationException"})
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class ListingFailure:
    """A list that did not come. `denied`: the permission is missing; `unsupported`: nobody has it in this region."""

    region: str
    operation: str
    reason: Literal["denied", "unsupported", "failed"]
    message: str

    @property
    def permission(self) -> str:
        """The IAM action that the list needs."""
        return f"bedrock:{self.operation}"

    def __str__(self) -> str:
        words = {
            "denied": f"{self.permission} is not allowed",
            "unsupported": "Bedrock has no such list",
            "failed": "Bedrock did not answer as it should",
        }
        return f"{self.operation} in {self.region}: {words[self.reason]} ({self.message})"


@dataclass(frozen=True, slots=True)
class RegionListing:
    """What a region has: the answers' summaries by operation, all pages of each; `failures` say what is missing."""

    region: str
    summaries: Mapping[str, Summaries]
    failures: Sequence[ListingFailure] = field(default=())

    def of(self, operation: str) -> Summaries:
        """Return what an operation listed."""
        return self.summaries.get(operation, ())

    @property
    def is_complete(self) -> bool:
        """Whether every page of the required lists came."""
        return all(operation in self.summaries for operation in REQUIRED)


def list_region(client: "BedrockClient", region: str) -> RegionListing:
    """List everything in the client's region, several lists at a time. Nothing is raised: what fails is reported."""
    calls: dict[str, Callable[[], Summaries]] = {
        "ListFoundationModels": lambda: client.list_foundation_models()["modelSummaries"],
        "ListInferenceProfiles": lambda: _all_pages(client, "ListInferenceProfiles", "inferenceProfileSummaries"),
        **{name: partial(_all_pages, client, name, member) for name, member in OPTIONAL.items()},
    }
    with ThreadPoolExecutor(_WORKERS) as workers:
        outcomes = dict(zip(calls, workers.map(lambda name: _outcome(region, name, calls[name]), calls), strict=True))
        summaries = {name: found for name, found in outcomes.items() if not isinstance(found, ListingFailure)}
        failures = [found for found in outcomes.values() if isinstance(found, ListingFailure)]
        profiles = summaries.get("ListInferenceProfiles", ())
        resolved = list(workers.map(lambda profile: _resolved(client, region, profile), profiles))
    if profiles:
        summaries["ListInferenceProfiles"] = [profile for profile, _ in resolved]
        failures += list({failure.message: failure for _, failure in resolved if failure}.values())
    return RegionListing(region, summaries, failures)


def _resolved(
    client: "BedrockClient", region: str, profile: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ListingFailure | None]:
    """Have an application profile say which model it leads to; if it cannot, what the list says has to do."""
    if profile.get("type") != "APPLICATION":
        return profile, None
    arn = profile["inferenceProfileArn"]
    found = _outcome(
        region, "GetInferenceProfile", lambda: [client.get_inference_profile(inferenceProfileIdentifier=arn)]
    )
    return (profile, found) if isinstance(found, ListingFailure) else ({**profile, **found[0]}, None)


def _all_pages(client: "BedrockClient", operation: str, member: str) -> Summaries:
    if operation not in _TYPED:
        return list(_pages(client, operation, member))
    argument, words, arn = _TYPED[operation]
    found = (summary for word in words for summary in _pages(client, operation, member, **{argument: word}))
    return list({summary[arn]: summary for summary in found}.values())


def _pages(client: "BedrockClient", operation: str, member: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
    # The managed runtime's boto3 may be too old for an operation, and for its paginator.
    call = getattr(client, _CAPITAL.sub("_", operation).lower())
    while True:
        answer = call(**arguments)
        yield from answer.get(member, ())
        if not answer.get("nextToken"):
            return
        if answer["nextToken"] == arguments.get("nextToken"):
            raise RepeatedPage(operation)
        arguments["nextToken"] = answer["nextToken"]


class RepeatedPage(Exception):
    """Bedrock gave a page's token as the token of the page after it."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} answered with the token of the page that it was asked for")


def _outcome(region: str, operation: str, call: Callable[[], Summaries]) -> Summaries | ListingFailure:
    try:
        return call()
    except AttributeError as error:
        return ListingFailure(region, operation, "unsupported", f"this boto3 is too old for it: {error}")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return ListingFailure(region, operation, _reason(operation, code), f"{code}: {_message(error)}")
    except (BotoCoreError, RepeatedPage) as error:
        return ListingFailure(region, operation, "failed", str(error))


def _reason(operation: str, code: str) -> Literal["denied", "unsupported", "failed"]:
    if code in _DENIED:
        return "denied"
    return "unsupported" if code in _UNSUPPORTED and operation in OPTIONAL else "failed"


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
