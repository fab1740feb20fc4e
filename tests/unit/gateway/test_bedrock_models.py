"""Bedrock's own lists: every member that the catalog knows, filters, pages, refusals."""

from copy import replace
from urllib.parse import urlencode

import orjson
import pytest
from botocore.session import get_session
from gateway.dialects.bedrock_models.reply import (
    foundation_model,
    foundation_models,
    inference_profile,
    inference_profiles,
)
from gateway.dialects.bedrock_models.request import ModelFilters, ProfilePage, read_model_filters, read_profile_page
from gateway.errors import InvalidRequest, UnknownModel
from hypothesis import given
from hypothesis import strategies as st
from sluice.model_row import Lifecycle, ModelRow

ACCOUNT = "arn:aws:bedrock:us-east-1:111122223333"
NOVA = ModelRow(
    model_id="amazon.nova-lite-v1:0",
    kind="foundation-model",
    region="us-east-1",
    name="Nova Lite",
    provider="Amazon",
    arn="arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    base_model_id="amazon.nova-lite-v1:0",
    on_demand=True,
    input_modalities=("TEXT", "IMAGE"),
    inference_types=("ON_DEMAND", "PROVISIONED"),
    customizations=("FINE_TUNING",),
    lifecycle=Lifecycle("LEGACY", 1, 2, 4, 3),
)
TITAN = replace(NOVA, model_id="amazon.titan-embed-text-v2:0", output_modalities=("EMBEDDING",), inference_types=())
CLAUDE = replace(
    NOVA,
    model_id="anthropic.claude-opus-4-8",
    provider="Anthropic",
    on_demand=False,
    inference_types=("INFERENCE_PROFILE",),
    customizations=(),
)
GLOBAL = ModelRow(
    model_id="global.anthropic.claude-opus-4-8",
    kind="inference-profile",
    region="us-east-1",
    name="Global Claude Opus 4.8",
    provider="Anthropic",
    arn=f"{ACCOUNT}:inference-profile/global.anthropic.claude-opus-4-8",
    base_model_id="anthropic.claude-opus-4-8",
    destinations=("us-east-1", "*"),
    description="Routes requests anywhere",
    created_at=5,
    updated_at=6,
)
OWN = replace(
    GLOBAL,
    model_id=f"{ACCOUNT}:application-inference-profile/abc123def456",
    kind="application-inference-profile",
    arn=f"{ACCOUNT}:application-inference-profile/abc123def456",
    name="team",
    description="",
    created_at=0,
    updated_at=0,
)
PROFILES = [replace(GLOBAL, arn=f"{GLOBAL.arn}-{number}") for number in range(5)] + [OWN]
MANUAL = ModelRow("somebodys.own", "manual", "us-east-1", "Own", "Somebody")


def body(response):
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert response.headers["x-amzn-requestid"] == "request-1"
    return orjson.loads(b"".join(response.body))


def model_ids(**query):
    rows = [MANUAL, NOVA, GLOBAL, TITAN, CLAUDE]
    answer = body(foundation_models(rows, read_model_filters(urlencode(query)), "request-1"))
    return [model["modelId"] for model in answer["modelSummaries"]]


def page(rows=PROFILES, **query):
    return body(inference_profiles(rows, read_profile_page(urlencode(query)), "request-1"))


def arns(answer):
    return [profile["inferenceProfileArn"] for profile in answer["inferenceProfileSummaries"]]


def members_of(operation, *path):
    shape = get_session().get_service_model("bedrock").operation_model(operation).output_shape
    for name in path:
        shape = shape.members[name] if name else shape.member
    return set(shape.members)


# --- shapes ---


def test_a_foundation_model_has_every_member_that_bedrock_declares():
    details = body(foundation_model(NOVA, "request-1"))["modelDetails"]
    assert details == {
        "modelArn": NOVA.arn,
        "modelId": "amazon.nova-lite-v1:0",
        "modelName": "Nova Lite",
        "providerName": "Amazon",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": ["FINE_TUNING"],
        "inferenceTypesSupported": ["ON_DEMAND", "PROVISIONED"],
        "modelLifecycle": {
            "status": "LEGACY",
            "startOfLifeTime": "1970-01-01T00:00:01Z",
            "legacyTime": "1970-01-01T00:00:02Z",
            "publicExtendedAccessTime": "1970-01-01T00:00:03Z",
            "endOfLifeTime": "1970-01-01T00:00:04Z",
        },
    }
    assert details.keys() == members_of("GetFoundationModel", "modelDetails")
    assert details["modelLifecycle"].keys() == members_of("GetFoundationModel", "modelDetails", "modelLifecycle")


def test_a_list_has_the_same_models():
    answer = body(foundation_models([NOVA], ModelFilters(), "request-1"))
    assert answer == {"modelSummaries": [body(foundation_model(NOVA, "request-1"))["modelDetails"]]}


def test_what_bedrock_did_not_say_of_a_model_is_left_out():
    bare = replace(NOVA, lifecycle=Lifecycle(""), inference_types=(), on_demand=True)
    details = body(foundation_model(bare, "request-1"))["modelDetails"]
    assert "modelLifecycle" not in details
    assert details["inferenceTypesSupported"] == ["ON_DEMAND"]


def test_a_profile_has_every_member_that_bedrock_declares():
    profile = body(inference_profile(GLOBAL, "request-1"))
    assert profile == {
        "inferenceProfileName": "Global Claude Opus 4.8",
        "description": "Routes requests anywhere",
        "createdAt": "1970-01-01T00:00:05Z",
        "updatedAt": "1970-01-01T00:00:06Z",
        "inferenceProfileArn": GLOBAL.arn,
        "models": [
            {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-8"},
            {"modelArn": "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-8"},
        ],
        "inferenceProfileId": "global.anthropic.claude-opus-4-8",
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    assert profile.keys() == members_of("GetInferenceProfile")


def test_an_application_profile_has_its_short_id_and_nothing_that_nobody_said():
    profile = body(inference_profile(OWN, "request-1"))
    assert (profile["inferenceProfileId"], profile["type"]) == ("abc123def456", "APPLICATION")
    assert not {"description", "createdAt", "updatedAt"} & profile.keys()


@pytest.mark.parametrize("row", [None, GLOBAL, MANUAL])
def test_something_else_is_no_foundation_model(row):
    with pytest.raises(UnknownModel, match="Could not resolve the foundation model"):
        foundation_model(row, "request-1")


@pytest.mark.parametrize("row", [None, NOVA, MANUAL])
def test_something_else_is_no_inference_profile(row):
    with pytest.raises(UnknownModel, match="Could not resolve the inference profile"):
        inference_profile(row, "request-1")


# --- filters ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [NOVA, TITAN, CLAUDE]),
        ({"byProvider": "aMaZoN"}, [NOVA, TITAN]),
        ({"byProvider": "Ama"}, []),
        ({"byOutputModality": "EMBEDDING"}, [TITAN]),
        ({"byInferenceType": "ON_DEMAND"}, [NOVA, TITAN]),
        ({"byInferenceType": "PROVISIONED"}, [NOVA]),
        ({"byCustomizationType": "FINE_TUNING"}, [NOVA, TITAN]),
        ({"byCustomizationType": "DISTILLATION"}, []),
        ({"byProvider": "amazon", "byOutputModality": "TEXT"}, [NOVA]),
        ({"nobody": "knows"}, [NOVA, TITAN, CLAUDE]),
    ],
)
def test_filters_are_those_of_bedrock(query, found):
    assert model_ids(**query) == [row.model_id for row in found]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("byOutputModality=text", r"Value 'text' at 'byOutputModality' .* enum value set: \[TEXT, IMAGE, EMBEDDING\]"),
        ("byInferenceType=INFERENCE_PROFILE", r"\[ON_DEMAND, PROVISIONED\]"),
        ("byCustomizationType=x", "byCustomizationType"),
        ("byProvider=a_b", "regular expression pattern"),
        ("byProvider=" + "x" * 64, "regular expression pattern"),
    ],
)
def test_a_filter_that_bedrock_does_not_have_is_refused_in_its_words(query, words):
    with pytest.raises(InvalidRequest, match=words):
        read_model_filters(query)


# --- pages ---


def test_without_a_size_all_profiles_come_at_once_and_the_accounts_own_last():
    answer = page()
    assert "nextToken" not in answer
    assert arns(answer) == [row.arn for row in PROFILES]


@pytest.mark.parametrize("member", ["type", "typeEquals"])
def test_profiles_are_found_by_their_type(member):
    assert arns(page(**{member: "APPLICATION"})) == [OWN.arn]
    assert OWN.arn not in arns(page(**{member: "SYSTEM_DEFINED"}))


@given(size=st.integers(1, 7))
def test_pages_hold_every_profile_once(size):
    answer = page(maxResults=size)
    found = arns(answer)
    while "nextToken" in answer:
        assert len(answer["inferenceProfileSummaries"]) == size
        answer = page(maxResults=size, nextToken=answer["nextToken"])
        found += arns(answer)
    assert found == [row.arn for row in PROFILES]


def test_pages_fit_together_when_the_catalog_changes_in_between():
    first = page(maxResults=2)
    fewer = [row for row in PROFILES if row.arn not in arns(first)]
    assert arns(page(fewer, nextToken=first["nextToken"])) == [row.arn for row in PROFILES[2:]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("maxResults=0", "greater than or equal to 1"),
        ("maxResults=1001", "less than or equal to 1000"),
        ("maxResults=ten", "must be an integer"),
        ("maxResults=-1", "must be an integer"),
        ("type=system", r"Value 'system' at 'type' .* \[SYSTEM_DEFINED, APPLICATION\]"),
    ],
)
def test_a_page_that_bedrock_does_not_have_is_refused_in_its_words(query, words):
    with pytest.raises(InvalidRequest, match=words):
        read_profile_page(query)


@pytest.mark.parametrize("token", ["x", "AAAA", "\xff", "MyBhcm46", "=", "é"])
def test_a_token_of_somebody_elses_is_refused(token):
    with pytest.raises(InvalidRequest, match="pagination token"):
        inference_profiles(PROFILES, ProfilePage(token=token), "request-1")
