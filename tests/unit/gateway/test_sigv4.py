"""The signer against botocore's own, which every AWS service accepts."""

import calendar
import string
from datetime import UTC, datetime
from urllib.parse import quote

import botocore.auth
import botocore.compat
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from gateway.aws.sigv4 import Credentials, signed_headers
from hypothesis import example, given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)
EXAMPLE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3"

# Dot segments, which botocore resolves, are refused as names before anything is signed.
model_ids = st.text(string.ascii_letters + string.digits + "._:/@-~+ é%", min_size=1, max_size=60).filter(
    lambda name: name.strip(".")
)
names = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=20).map(lambda name: f"x-{name}")
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t"), max_size=40)
secrets = st.text(string.ascii_letters + string.digits + "/+", min_size=1, max_size=40)
credentials = st.builds(Credentials, st.just("AKIDEXAMPLE"), secrets, st.just("") | secrets)


@pytest.fixture(autouse=True, scope="module")
def frozen_clock():
    """Stop botocore's clock, which it cannot be handed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (botocore.auth, botocore.compat):
            if hasattr(module, "get_current_datetime"):
                patch.setattr(module, "get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None))
        yield


def by_botocore(method, path, headers, body, signer, service, region):
    request = AWSRequest(method, f"https://{headers['host']}{path}", headers=dict(headers), data=body)
    keys = BotocoreCredentials(signer.access_key_id, signer.secret_access_key, signer.session_token or None)
    SigV4Auth(keys, service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def by_us(method, path, headers, body, signer, service, region):
    now = float(calendar.timegm(NOW.timetuple()))
    return signed_headers(method, path, headers, body, signer, service=service, region=region, now=now)


@given(
    st.sampled_from(["GET", "POST"]),
    model_ids,
    st.dictionaries(names, values, max_size=4),
    st.binary(max_size=100),
    credentials,
    st.sampled_from(["bedrock", "dynamodb"]),
    st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1"]),
)
@example("POST", ARN, {}, b"{}", EXAMPLE, "bedrock", "eu-west-1")
@example("POST", "anthropic.claude-sonnet-4-5-20250929-v1:0", {"x-two": "a  b \t c "}, b"", EXAMPLE, "bedrock", "x")
def test_the_signature_is_botocores(method, model_id, more, body, signer, service, region):
    path = f"/model/{quote(model_id, safe='')}/converse-stream"
    headers = {"host": "bedrock-runtime.us-east-1.amazonaws.com", "content-type": "application/json", **more}
    ours = by_us(method, path, headers, body, signer, service, region)
    theirs = by_botocore(method, path, headers, body, signer, service, region)
    assert ours["authorization"] == theirs["authorization"]
    assert ours["x-amz-date"] == theirs["x-amz-date"] == "20261124T090507Z"
    assert ours.get("x-amz-security-token") == theirs.get("x-amz-security-token")


@pytest.mark.parametrize("path", ["/", "/prefix/model/x/converse", "/model/a%2Fb/converse"])
def test_the_path_is_signed_as_it_is_sent(path):
    headers = {"host": "127.0.0.1:8080"}
    ours = by_us("POST", path, headers, b"", EXAMPLE, "bedrock", "us-east-1")
    assert (
        ours["authorization"]
        == by_botocore("POST", path, headers, b"", EXAMPLE, "bedrock", "us-east-1")["authorization"]
    )


def test_names_are_sent_in_lower_case_and_values_as_they_were_signed():
    ours = by_us("POST", "/", {"Host": "h", "X-Amzn-Bedrock-Trace": "  a \t b  "}, b"", EXAMPLE, "bedrock", "us-east-1")
    assert list(ours) == ["host", "x-amzn-bedrock-trace", "x-amz-date", "authorization"]
    assert ours["x-amzn-bedrock-trace"] == "a b"


def test_the_signing_key_follows_the_date_the_region_the_service_and_the_secret():
    base = ("POST", "/", {"host": "h"}, b"")
    other = Credentials("AKIDEXAMPLE", "another-secret")
    signatures = {
        by_us(*base, signer, service, region)["authorization"].rpartition("=")[2]
        for signer in (EXAMPLE, other)
        for service in ("bedrock", "dynamodb")
        for region in ("us-east-1", "us-west-2")
    }
    assert len(signatures) == 8


def test_a_session_token_is_signed():
    signer = Credentials("AKIDEXAMPLE", "secret", "token")
    ours = by_us("POST", "/", {"host": "h"}, b"", signer, "bedrock", "us-east-1")
    assert ours["x-amz-security-token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in ours["authorization"]
