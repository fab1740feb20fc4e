"""The AWS SDKs' clients of Bedrock's control plane list through Sluice what they would list at AWS."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from integration.clients.clients import Clients
from integration.clients.node_clients import AwsSdkNode
from integration.clients.outcome import Target
from integration.clients.python_clients import control_client
from integration.clients.raw import request
from integration.deployment import Deployment

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

NOVA = "amazon.nova-lite-v1:0"
PROFILE = "us.amazon.nova-lite-v1:0"


@contextmanager
def aws(deployment: Deployment) -> Iterator["BedrockClient"]:
    """Make a client of what the refresh function listed. A key in the environment would mislead it."""
    environment = deployment.environment
    client = boto3.client(
        "bedrock",
        endpoint_url=environment["AWS_ENDPOINT_URL_BEDROCK"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(client):
        yield client


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"byProvider": "anthropic"},
        {"byOutputModality": "EMBEDDING"},
        {"byInferenceType": "ON_DEMAND"},
        {"byInferenceType": "PROVISIONED"},
        {"byCustomizationType": "FINE_TUNING"},
        {"byProvider": "Amazon", "byOutputModality": "TEXT", "byInferenceType": "ON_DEMAND"},
    ],
    ids=str,
)
def test_boto3_lists_the_foundation_models_that_bedrock_lists(
    filters: Mapping[str, Any], deployment: Deployment, target: Target
) -> None:
    with aws(deployment) as client:
        expected = _by(client.list_foundation_models(**filters)["modelSummaries"], "modelArn")
    with control_client(target) as client:
        assert _by(client.list_foundation_models(**filters)["modelSummaries"], "modelArn") == expected
    assert expected


def test_boto3_gets_a_foundation_model_as_bedrock_gives_it(deployment: Deployment, target: Target) -> None:
    with aws(deployment) as client:
        details = client.get_foundation_model(modelIdentifier=NOVA)["modelDetails"]
    with control_client(target) as client:
        for name in (NOVA, details["modelArn"]):
            assert client.get_foundation_model(modelIdentifier=name)["modelDetails"] == details


@pytest.mark.parametrize("size", [1000, 7])
def test_boto3_pages_through_the_profiles_that_bedrock_lists(size: int, deployment: Deployment, target: Target) -> None:
    with aws(deployment) as client:
        expected = list(client.get_paginator("list_inference_profiles").paginate(maxResults=size))
    with control_client(target) as client:
        found = list(client.get_paginator("list_inference_profiles").paginate(maxResults=size))
    assert len(found) == len(expected)
    assert _profiles(found) == _profiles(expected)


def test_boto3_gets_a_profile_as_bedrock_gives_it(deployment: Deployment, target: Target) -> None:
    with aws(deployment) as client:
        expected = _without_metadata(client.get_inference_profile(inferenceProfileIdentifier=PROFILE))
    with control_client(target) as client:
        for name in (PROFILE, expected["inferenceProfileArn"]):
            assert _without_metadata(client.get_inference_profile(inferenceProfileIdentifier=name)) == expected


@pytest.mark.parametrize("kind", ["SYSTEM_DEFINED", "APPLICATION"])
def test_boto3_lists_profiles_of_one_type(kind: Any, deployment: Deployment, target: Target) -> None:
    with aws(deployment) as client:
        expected = _profiles([client.list_inference_profiles(typeEquals=kind)])
    with control_client(target) as client:
        assert _profiles([client.list_inference_profiles(typeEquals=kind)]) == expected


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "status"),
    [
        ("get_foundation_model", {"modelIdentifier": "nobody.has-this-v1:0"}, "ResourceNotFoundException", 404),
        ("get_foundation_model", {"modelIdentifier": PROFILE}, "ResourceNotFoundException", 404),
        ("get_inference_profile", {"inferenceProfileIdentifier": NOVA}, "ResourceNotFoundException", 404),
        ("list_foundation_models", {"byOutputModality": "SMELL"}, "ValidationException", 400),
        ("list_inference_profiles", {"nextToken": "somebody-elses"}, "ValidationException", 400),
    ],
)
def test_boto3_reads_refusals_as_bedrocks_own(
    operation: str, arguments: Mapping[str, str], code: str, status: int, deployment: Deployment, target: Target
) -> None:
    for one in (aws(deployment), control_client(target)):
        with one as client, pytest.raises(ClientError) as raised:
            getattr(client, operation)(**arguments)
        response = raised.value.response
        assert response["Error"]["Code"] == code
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert response["Error"]["Message"]


def test_a_wrong_key_is_refused_as_bedrock_does_it(target: Target) -> None:
    reply = request(target.url, "GET", "/foundation-models", {"authorization": "Bearer slc_wrong"})
    assert reply.headers["x-amzn-errortype"] == "UnrecognizedClientException"


def test_a_model_of_the_list_can_be_invoked(deployment: Deployment, target: Target) -> None:
    # Most of AWS's models have no on-demand throughput: their own ids work all the same.
    with control_client(target) as client:
        models = client.list_foundation_models(byProvider="anthropic")["modelSummaries"]
    one = next(
        model
        for model in models
        if model["modelLifecycle"]["status"] == "ACTIVE" and model["inferenceTypesSupported"] == ["INFERENCE_PROFILE"]
    )
    body = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    key = {"authorization": f"Bearer {target.key}"}
    assert request(target.url, "POST", f"/model/{one['modelId']}/converse", key, body).status == 200


@pytest.mark.node
@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("ListFoundationModels", {"byProvider": "meta"}),
        ("GetFoundationModel", {"modelIdentifier": NOVA}),
        ("ListInferenceProfiles", {"maxResults": 9}),
        ("GetInferenceProfile", {"inferenceProfileIdentifier": PROFILE}),
    ],
)
def test_the_aws_sdk_for_javascript_reads_what_boto3_reads(
    operation: str, arguments: dict[str, Any], clients: Clients, target: Target
) -> None:
    node = clients["aws-sdk-node"]
    assert isinstance(node, AwsSdkNode)
    answered = node.models(target, operation, **arguments)
    assert answered.failure is None
    pages = answered.reply if isinstance(answered.reply, list) else [answered.reply]
    with control_client(target) as client:
        if operation == "ListInferenceProfiles":
            expected = list(client.get_paginator("list_inference_profiles").paginate(**arguments))
        else:
            expected = [client._make_api_call(operation, arguments)]  # type: ignore[attr-defined] # by its own name
    assert [_plain(page) for page in pages] == [_plain(page) for page in expected]
    assert len(pages) > 1 or operation != "ListInferenceProfiles"


@pytest.mark.node
def test_the_aws_sdk_for_javascript_raises_the_exception_of_bedrocks_model(clients: Clients, target: Target) -> None:
    node = clients["aws-sdk-node"]
    assert isinstance(node, AwsSdkNode)
    failure = node.models(target, "GetFoundationModel", modelIdentifier="nobody.has-this-v1:0").failure
    assert failure
    assert (failure.kind, failure.status) == ("ResourceNotFoundException", 404)


def test_an_operation_that_is_not_there_is_an_error_of_awss(target: Target) -> None:
    with control_client(target) as client, pytest.raises(ClientError) as caught:
        client.list_custom_models()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


def _by(summaries: Any, name: str) -> dict[str, Any]:
    return {summary[name]: summary for summary in summaries}


def _profiles(pages: Any) -> dict[str, Any]:
    return _by([summary for page in pages for summary in page["inferenceProfileSummaries"]], "inferenceProfileArn")


def _without_metadata(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _plain(value: Any) -> Any:
    """Return an answer without metadata and tokens, times as JavaScript writes them in JSON."""
    match value:
        case dict():
            left_out = ("ResponseMetadata", "$metadata", "nextToken")
            return {name: _plain(member) for name, member in value.items() if name not in left_out}
        case list():
            return [_plain(member) for member in value]
        case _:
            return value.strftime("%Y-%m-%dT%H:%M:%S.000Z") if hasattr(value, "strftime") else value
