"""The account's own models in moto: what was put in is listed, filtered, sorted and paged."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from sluice_local.bedrock_control import add_account_model

ARN = "arn:aws:bedrock:us-east-1:123456789012"


def imported(name, day):
    return {
        "modelArn": f"{ARN}:imported-model/{name}",
        "modelName": name,
        "creationTime": datetime(2026, 1, day, tzinfo=UTC),
        "instructSupported": True,
        "modelArchitecture": "llama3",
    }


def names(answer):
    return [summary["modelName"] for summary in answer["modelSummaries"]]


@pytest.fixture
def three(bedrock):
    for day, name in enumerate(("old-llama", "mistral", "new-llama"), start=1):
        add_account_model("ListImportedModels", imported(name, day))
    return bedrock


def test_the_newest_comes_first(three):
    assert names(three.list_imported_models()) == ["new-llama", "mistral", "old-llama"]
    assert names(three.list_imported_models(sortBy="CreationTime", sortOrder="Ascending"))[0] == "old-llama"


def test_lists_are_filtered(three):
    day = datetime(2026, 1, 2, tzinfo=UTC)
    assert names(three.list_imported_models(nameContains="llama")) == ["new-llama", "old-llama"]
    assert names(three.list_imported_models(creationTimeBefore=day)) == ["old-llama"]
    assert names(three.list_imported_models(creationTimeAfter=day)) == ["new-llama"]


def test_lists_are_paged(three):
    pages = list(three.get_paginator("list_imported_models").paginate(PaginationConfig={"PageSize": 2}))
    assert [names(page) for page in pages] == [["new-llama", "mistral"], ["old-llama"]]


def test_a_token_of_no_page_is_refused(three):
    with pytest.raises(ClientError, match="nextToken is invalid") as raised:
        three.list_imported_models(nextToken="bm9uc2Vuc2U=")
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_another_region_has_none(three, client_of):
    assert names(client_of("bedrock", "eu-west-1").list_imported_models()) == []


def test_a_status_is_compared(bedrock):
    for status in ("Active", "Creating"):
        deployment = {
            "customModelDeploymentArn": f"{ARN}:custom-model-deployment/{status}",
            "customModelDeploymentName": status,
            "modelArn": f"{ARN}:custom-model/x/y",
            "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
            "status": status,
        }
        add_account_model("ListCustomModelDeployments", deployment)
    (found,) = bedrock.list_custom_model_deployments(statusEquals="Active")["modelDeploymentSummaries"]
    assert found["customModelDeploymentName"] == "Active"


def test_what_motos_own_jobs_customize_is_listed_too(bedrock):
    bedrock.create_model_customization_job(
        jobName="job",
        customModelName="mine",
        roleArn="arn:aws:iam::123456789012:role/customize",
        baseModelIdentifier="amazon.nova-pro-v1:0",
        trainingDataConfig={"s3Uri": "s3://bucket/training"},
        outputDataConfig={"s3Uri": "s3://bucket/output"},
        hyperParameters={"epochCount": "1"},
    )
    (found,) = bedrock.list_custom_models()["modelSummaries"]
    assert (found["modelName"], found["modelStatus"]) == ("mine", "Active")
