"""What only a client without botocore's own checks can send."""

import pytest
from sluice_local.bedrock_control.constraints import check, query_parameters
from sluice_local.bedrock_control.errors import ValidationError

ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
WHOLE = {"inferenceProfileName": "mine", "modelSource": {"copyFrom": ARN}}


def message_of(raised):
    return raised.value.message


@pytest.mark.parametrize(
    ("value", "constraint"),
    [
        ("0", "Member must have value greater than or equal to 1"),
        ("1001", "Member must have value less than or equal to 1000"),
        ("many", "Member must be an integer"),
        ("", "Member must be an integer"),
    ],
)
def test_a_page_size_out_of_range_is_refused(value, constraint):
    with pytest.raises(ValidationError) as raised:
        query_parameters("ListInferenceProfiles", {"maxResults": [value]})
    assert message_of(raised) == (
        f"1 validation error detected: Value '{value}' at 'maxResults' failed to satisfy constraint: {constraint}"
    )


def test_parameters_go_by_the_names_of_the_members_and_not_of_the_query():
    query = {"type": ["APPLICATION"], "typeEquals": ["ignored"], "somethingElse": ["1"]}
    assert query_parameters("ListInferenceProfiles", query) == {"typeEquals": "APPLICATION"}


def test_an_empty_token_is_too_short():
    with pytest.raises(ValidationError, match="Member must have length between 1 and 2048"):
        query_parameters("ListInferenceProfiles", {"nextToken": [""]})


def test_a_whole_input_that_keeps_every_constraint_passes():
    check("CreateInferenceProfile", {**WHOLE, "tags": [{"key": "team", "value": ""}]}, whole=True)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "Value null at 'inferenceProfileName' failed to satisfy constraint: Member must not be null"),
        (
            WHOLE | {"inferenceProfileName": 7},
            "at 'inferenceProfileName' failed to satisfy constraint: Member must",
        ),
        (WHOLE | {"modelSource": ARN}, "at 'modelSource' failed to satisfy constraint: Member must be an object"),
        (WHOLE | {"modelSource": {"copyFrom": "x"}}, "Value 'x' at 'modelSource.copyFrom' failed to satisfy constr"),
        (WHOLE | {"tags": {}}, "at 'tags' failed to satisfy constraint: Member must be a list"),
        (WHOLE | {"tags": [{"key": "a"}]}, "Value null at 'tags.1.member.value' failed to satisfy constraint"),
    ],
)
def test_a_broken_body_is_refused_with_the_path_of_what_is_broken(body, complaint):
    with pytest.raises(ValidationError) as raised:
        check("CreateInferenceProfile", body, whole=True)
    assert complaint in message_of(raised)
