from copy import replace

import pytest
from gateway.access import Caller, authenticate
from gateway.errors import StoreUnavailable, Unauthenticated
from gateway.messages import Request
from hypothesis import given
from hypothesis import strategies as st
from sluice.keys import KeyRow, new_key, new_secret
from sluice.policy import Policy, policy_to_json

KEY, PRESENTED = new_key(b"deployment")
OTHER_KEY, OTHER = new_key(b"deployment")
NOW = 1_800_000_000
SIGNATURE = "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=ab"
ARN = "arn:aws:sts::111122223333:assumed-role/agent/session"


def row(presented=PRESENTED, **changes):
    return KeyRow(**{"name": "test", "created_at": 1, **vars_of(presented), **changes})


def vars_of(presented):
    return {"key_id": presented.key_id, "secret_sha256": presented.secret_sha256}


class Keys:
    """The keys that exist, and which were asked for."""

    def __init__(self, *rows):
        self.rows = {row.key_id: row for row in rows}
        self.asked = []

    deployment = Policy(allowed_operations=("messages",))

    def key(self, key_id):
        self.asked.append(key_id)
        row = self.rows.get(key_id)
        return row, row.policy if row else None

    def principal(self, arn):
        self.asked.append(arn)
        return arn.rpartition("/")[0], Policy(attribution=True)


def request(headers, principal=None):
    return Request("POST", "/v1/chat/completions", headers, b"", "request-1", 0.0, principal)


def caller(headers, keys=None):
    return authenticate(request(headers), "NONE", keys or Keys(row()), NOW).name


def refusal(headers, keys=None):
    with pytest.raises(Unauthenticated) as raised:
        caller(headers, keys)
    return str(raised.value)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"authorization": f"  BEARER   {KEY}  "},
        {"x-api-key": KEY},
        {"x-api-key": f"\t{KEY} \n"},
        {"api-key": KEY},
        {"authorization": f"Bearer {KEY}", "x-api-key": KEY, "api-key": KEY},
        {"authorization": SIGNATURE, "x-api-key": KEY},
        {"authorization": "Basic dXNlcjpwYXNz", "api-key": KEY},
        {"authorization": "Bearer ", "api-key": KEY},
        {"authorization": "", "x-api-key": " ", "api-key": KEY},
    ],
)
def test_a_valid_key_lets_its_caller_in(headers):
    assert caller(headers) == PRESENTED.key_id


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer   "},
        {"authorization": KEY},
        {"authorization": f"Basic {KEY}"},
        {"authorization": f"Token {KEY}"},
        {"authorization": f"Bearer\t{KEY}"},
        {"x-api-key": "", "api-key": " "},
        {"cookie": f"key={KEY}", "x-goog-api-key": KEY, "proxy-authorization": f"Bearer {KEY}"},
    ],
)
def test_a_request_without_a_key_is_told_how_to_send_one(headers):
    keys = Keys(row())
    assert refusal(headers, keys).startswith("No API key was sent.")
    assert keys.asked == []


def test_a_signature_without_a_key_is_told_what_to_set():
    assert "AWS_BEARER_TOKEN_BEDROCK" in refusal({"authorization": SIGNATURE})
    assert "signature" in refusal({"authorization": SIGNATURE.lower()})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}", "x-api-key": OTHER_KEY},
        {"x-api-key": KEY, "api-key": "wrong"},
        {"authorization": f"Bearer {KEY}x", "api-key": KEY},
    ],
)
def test_keys_that_contradict_each_other_are_refused_without_a_look(headers):
    keys = Keys(row(), row(OTHER))
    assert refusal(headers, keys) == "The request carries API keys that contradict each other. Send one."
    assert keys.asked == []


@pytest.mark.parametrize(
    "key",
    [
        KEY[:-1],
        KEY + "a",
        KEY.upper(),
        KEY.replace("slc_", "sk-"),
        f"{KEY}, {KEY}",
        f"{KEY}\x00",
        KEY.replace("_", "\uff3f"),
        KEY[:-1] + "\u0430",
        "\ud800",
        "x" * 10_000,
        KEY + " " * 3_000 + "x" * 3_000,
        "slc_" + "a" * 16 + "_" + "a" * 1_000_000,
    ],
    ids=range(12),
)
def test_what_is_no_key_of_ours_is_never_looked_up(key):
    keys = Keys(row())
    assert refusal({"x-api-key": key}, keys).startswith("The API key is not valid.")
    assert keys.asked == []


def test_an_unknown_a_wrong_and_a_disabled_key_are_refused_in_the_same_words():
    same_id_other_secret = f"slc_{PRESENTED.key_id}_{OTHER_KEY.rpartition('_')[2]}"
    unknown = refusal({"api-key": OTHER_KEY})
    wrong = refusal({"api-key": same_id_other_secret})
    disabled = refusal({"api-key": KEY}, Keys(row(disabled=True)))
    assert unknown == wrong == disabled


def test_an_unknown_id_takes_the_path_of_a_known_one():
    keys = Keys(row())
    refusal({"api-key": OTHER_KEY}, keys)
    caller({"api-key": KEY}, keys)
    assert keys.asked == [OTHER.key_id, PRESENTED.key_id]


@pytest.mark.parametrize("digest", ["", "0" * 64, PRESENTED.secret_sha256.upper(), PRESENTED.secret_sha256[:-1]])
def test_only_the_whole_digest_opens(digest):
    refusal({"api-key": KEY}, Keys(row(secret_sha256=digest)))


def test_an_expired_key_says_so_to_who_holds_it_and_to_nobody_else():
    expired = Keys(row(expires_at=NOW))
    assert refusal({"api-key": KEY}, expired).startswith("The API key has expired.")
    same_id_other_secret = f"slc_{PRESENTED.key_id}_{OTHER_KEY.rpartition('_')[2]}"
    assert refusal({"api-key": same_id_other_secret}, expired).startswith("The API key is not valid.")
    assert caller({"api-key": KEY}, Keys(row(expires_at=NOW + 1))) == PRESENTED.key_id


def test_after_a_rotation_the_secret_before_is_good_until_its_time():
    text, newer = new_secret(PRESENTED.key_id)
    rotated = row(newer, previous_sha256=PRESENTED.secret_sha256, previous_until=NOW + 1)
    assert caller({"api-key": text}, Keys(rotated)) == PRESENTED.key_id
    assert caller({"api-key": KEY}, Keys(rotated)) == PRESENTED.key_id
    over = replace(rotated, previous_until=NOW)
    assert caller({"api-key": text}, Keys(over)) == PRESENTED.key_id
    assert refusal({"api-key": KEY}, Keys(over)).startswith("The API key is not valid.")


def test_a_caller_comes_with_his_policy_and_everybodys():
    policy = Policy(allowed_models=("anthropic.*",))
    rows = Keys(row(policy_json=policy_to_json(policy)))
    found = authenticate(request({"api-key": KEY}), "NONE", rows, NOW)
    assert found == Caller(PRESENTED.key_id, f"KEY#{PRESENTED.key_id}", policy, rows.deployment)


def test_a_store_that_cannot_be_read_lets_nobody_in():
    class Down(Keys):
        def key(self, key_id):
            raise StoreUnavailable("down")

    with pytest.raises(StoreUnavailable):
        authenticate(request({"api-key": KEY}), "NONE", Down(), NOW)


def test_under_iam_the_caller_is_whom_lambda_names_and_no_key_is_asked():
    rows = Keys(row())
    found = authenticate(request({"authorization": SIGNATURE, "x-api-key": KEY}, ARN), "AWS_IAM", rows, NOW)
    role = "arn:aws:sts::111122223333:assumed-role/agent"
    assert found == Caller(ARN, f"PRINCIPAL#{role}", Policy(attribution=True), rows.deployment)
    assert rows.asked == [ARN]


@pytest.mark.parametrize("headers", [{}, {"authorization": f"Bearer {KEY}"}, {"authorization": SIGNATURE}])
def test_under_iam_a_request_without_a_principal_is_refused_even_with_a_key(headers):
    with pytest.raises(Unauthenticated, match="not signed with AWS credentials"):
        authenticate(request(headers), "AWS_IAM", Keys(row()), NOW)


def test_a_principal_means_nothing_where_iam_is_off():
    with pytest.raises(Unauthenticated):
        authenticate(request({}, ARN), "NONE", Keys(row()), NOW)


@given(
    st.dictionaries(
        st.sampled_from(["authorization", "x-api-key", "api-key", "cookie"]),
        st.text(max_size=80) | st.sampled_from(["Bearer ", SIGNATURE, OTHER_KEY, f"Bearer {OTHER_KEY}", KEY[:-1]]),
    )
)
def test_nothing_but_the_key_opens(headers):
    refusal(headers)
