"""A refresh against moto: what is in the table afterwards, and what is not."""

import json

import pytest
from botocore.exceptions import ClientError
from catalog_refresh.publish import PAUSES, PublishError
from catalog_refresh.refresh import refresh
from moto.core.authorization import enable_iam_authentication
from sluice_local.bedrock_control.catalog import foundation_models

NOW = 1_700_000_000
DAY = 24 * 3600


def no_pause(_longest):
    pytest.fail("nothing was left unprocessed, so nothing was to be waited for")


@pytest.fixture
def run(client_of, settings):
    def run(*, now=NOW, pause=no_pause, bedrock=None, dynamodb=None):
        return refresh(
            settings,
            bedrock=bedrock or client_of("bedrock"),
            dynamodb=dynamodb or client_of("dynamodb"),
            clock=lambda: now,
            pause=pause,
        )

    return run


def chat_models(region="us-east-1"):
    return {
        model.model_id
        for model in foundation_models(region)
        if model.streaming and "TEXT" in model.output_modalities and model.lifecycle.status == "ACTIVE"
    }


def user_without(client_of, *denied):
    """Make a user who may do everything but these actions; return the credentials."""
    iam = client_of("iam")
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": list(denied), "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.create_user(UserName="refresh")
    iam.put_user_policy(UserName="refresh", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="refresh")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_the_regions_chat_models_are_in_the_table_and_no_others(run, rows_in_table):
    summary = run()
    assert {row.model_id for row in rows_in_table()} == chat_models()
    assert summary == {"region": "us-east-1", "models": len(chat_models()), "refreshed_at": NOW}


def test_the_batches_are_of_twenty_five(run, throttled):
    dynamodb, throttle = throttled(take=25, times=0)
    run(dynamodb=dynamodb)
    *full, last = throttle.batches
    assert full == [25] * (len(chat_models()) // 25)
    assert last == len(chat_models()) % 25


def test_a_row_says_when_it_was_found_when_it_is_stale_and_when_it_goes(run, rows_in_table):
    run()
    times = {(row.discovered_at, row.stale_at, row.expires_at) for row in rows_in_table()}
    assert times == {(NOW, NOW + 3600, NOW + 7 * DAY)}


def test_a_second_refresh_renews_the_rows(run, rows_in_table):
    run()
    run(now=NOW + 3600)
    rows = rows_in_table()
    assert {row.model_id for row in rows} == chat_models()
    assert {row.discovered_at for row in rows} == {NOW + 3600}


def test_a_denied_listing_leaves_the_table_as_it_was(run, client_of, rows_in_table):
    run()
    before = rows_in_table()
    credentials = user_without(client_of, "bedrock:ListFoundationModels")
    with enable_iam_authentication(), pytest.raises(ClientError, match="bedrock:ListFoundationModels") as raised:
        run(now=NOW + 3600, bedrock=client_of("bedrock", **credentials))
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
    assert rows_in_table() == before


def test_a_denied_write_is_raised(run, client_of, rows_in_table):
    credentials = user_without(client_of, "dynamodb:BatchWriteItem")
    with enable_iam_authentication(), pytest.raises(ClientError, match="dynamodb:BatchWriteItem"):
        run(bedrock=client_of("bedrock", **credentials), dynamodb=client_of("dynamodb", **credentials))
    assert rows_in_table() == []


def test_a_role_with_the_two_actions_is_enough(run, client_of, rows_in_table):
    iam = client_of("iam")
    statement = {
        "Effect": "Allow",
        "Action": ["bedrock:ListFoundationModels", "dynamodb:BatchWriteItem"],
        "Resource": "*",
    }
    iam.create_user(UserName="least")
    iam.put_user_policy(
        UserName="least",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    key = iam.create_access_key(UserName="least")["AccessKey"]
    credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with enable_iam_authentication():
        run(bedrock=client_of("bedrock", **credentials), dynamodb=client_of("dynamodb", **credentials))
    assert {row.model_id for row in rows_in_table()} == chat_models()


def test_rows_that_dynamodb_leaves_unprocessed_are_sent_again_after_growing_pauses(run, throttled, rows_in_table):
    dynamodb, throttle = throttled(take=10, times=3)
    pauses = []
    run(dynamodb=dynamodb, pause=pauses.append)
    # 25 and 15 and 5 of the first batch; the second batch is cut once more.
    assert throttle.batches[:3] == [25, 15, 5]
    assert pauses == list(PAUSES[:2])
    assert {row.model_id for row in rows_in_table()} == chat_models()


def test_rows_that_stay_unprocessed_end_the_refresh_with_an_error(run, throttled, rows_in_table):
    dynamodb, throttle = throttled(take=0, times=100)
    pauses = []
    with pytest.raises(PublishError, match=r"25 rows are not in sluice-local-catalog: .* 7 times"):
        run(dynamodb=dynamodb, pause=pauses.append)
    assert (throttle.batches, pauses) == ([25] * 7, list(PAUSES))
    assert rows_in_table() == []
