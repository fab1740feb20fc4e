from urllib.parse import quote

import pytest
from gateway import routing
from gateway.errors import InvalidRequest, MethodNotAllowed, UnknownRoute
from gateway.routing import Dialect, Operation, Route, checked_model_name, dialect_of, route, strip_prefix
from hypothesis import given
from hypothesis import strategies as st

CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
ARNS = [
    "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6",
    "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:provisioned-model/abcdefghijkl",
    "arn:aws:bedrock:us-east-1:111122223333:prompt/PROMPT12345:1",
    "arn:aws:sagemaker:us-east-1:111122223333:endpoint/my-endpoint",
]
NAMES = [CLAUDE, "us.amazon.nova-pro-v1:0", "global." + CLAUDE, *ARNS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("word", "operation"), [("converse", Operation.CONVERSE), ("converse-stream", Operation.CONVERSE_STREAM)]
)
def test_a_model_is_found_in_the_path_encoded_or_not(name, word, operation):
    expected = Route(Dialect.NATIVE, operation, name)
    assert route("POST", f"/model/{name}/{word}") == expected
    assert route("POST", f"/model/{quote(name, safe='')}/{word}") == expected
    assert route("POST", f"/model/{quote(name, safe=':')}/{word}") == expected
    assert route("POST", f"/model/{quote(name, safe='').replace('%2F', '%2f')}/{word}") == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_catalog_model_is_found_in_the_path_encoded_or_not(name):
    for path in (name, quote(name, safe="")):
        assert route("GET", f"/v1/models/{path}") == Route(Dialect.OPENAI, Operation.GET_MODEL, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("root", "operation"),
    [
        ("/foundation-models", Operation.GET_FOUNDATION_MODEL),
        ("/inference-profiles", Operation.GET_INFERENCE_PROFILE),
    ],
)
def test_bedrocks_own_lists_have_their_things_by_id_and_arn(root, operation, name):
    for path in (name, quote(name, safe="")):
        assert route("GET", f"{root}/{path}") == Route(Dialect.NATIVE, operation, name)


@pytest.mark.parametrize("path", ["/v1/models", f"/v1/models/{CLAUDE}", "/v1/models/x/y"])
def test_model_lists_are_anthropics_for_clients_that_send_its_version(path):
    sent = {"anthropic-version": "2023-06-01"}
    assert route("GET", path, sent).dialect is Dialect.ANTHROPIC
    assert dialect_of(path, sent) is Dialect.ANTHROPIC


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/responses/resp_1", "/v1/messages", "/model/x/converse", "/foundation-models"]
)
@pytest.mark.parametrize("header", ["anthropic-version", "amz-sdk-invocation-id"])
def test_where_something_is_served_no_header_matters(path, header):
    assert dialect_of(path, {header: "x"}) is dialect_of(path)


SERVED = [
    ("POST", "/model/x/converse"),
    ("POST", "/guardrail/x/version/1/apply"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/responses/resp_1"),
    ("POST", "/v1/messages"),
    ("POST", "/v1/messages/count_tokens/"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/x"),
    ("GET", "/foundation-models/x"),
    ("GET", "/inference-profiles"),
    ("GET", "/openclaw.json"),
]


@pytest.mark.parametrize(("method", "path"), SERVED)
@pytest.mark.parametrize("headers", [{}, {"anthropic-version": "x"}, {"amz-sdk-invocation-id": "x"}])
def test_an_answer_and_an_error_are_of_the_same_dialect(method, path, headers):
    assert route(method, path, headers).dialect is dialect_of(path, headers)


@pytest.mark.parametrize("path", ["/", "/v1/files", "/custom-models", "/guardrails", "/v1/modelsx"])
def test_where_nothing_is_served_a_header_tells_whose_error_can_be_read(path):
    assert dialect_of(path, {"amz-sdk-invocation-id": "x"}) is Dialect.NATIVE
    assert dialect_of(path, {"anthropic-version": "x"}) is Dialect.ANTHROPIC
    assert dialect_of(path) is Dialect.OPENAI


@pytest.mark.parametrize("word", ["compact", "input_tokens"])
def test_openais_operations_on_responses_are_no_ids_of_stored_ones(word):
    with pytest.raises(UnknownRoute):
        route("POST", f"/v1/responses/{word}")


@pytest.mark.parametrize("row", routing._ROUTES, ids=lambda row: row.path)
def test_errors_have_the_shape_of_the_routes_answers(row):
    assert dialect_of(row.path) is row.dialect


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/openclaw.json", Operation.OPENCLAW_CONFIG),
        ("POST", "/v1/chat/completions", Operation.CHAT_COMPLETIONS),
        ("GET", "/v1/models", Operation.LIST_MODELS),
        ("HEAD", "/v1/models", Operation.LIST_MODELS),
        ("GET", "/health", Operation.HEALTH),
        ("HEAD", "/health", Operation.HEALTH),
    ],
)
def test_a_fixed_path_is_an_operation(method, path, operation):
    assert route(method, path) == Route(Dialect.OPENAI, operation)


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e",
        "%2f..",
        "..%2f..",
        "a%2F..%2Fb",
        "a/../b",
        "a/./b",
        "a%2F%2Fb",
        "a/",
        "%00",
        "a%00",
        "a%0d%0aHost:%20x",
        "a%20b",
        "a%3Fb",
        "a%23b",
        quote(quote(CLAUDE, safe=""), safe=""),
        "a%",
        "%zz",
        "%ff",
        "caf%C3%A9",
        "café",
        "a%E2%81%84b",
        "*",
        "x" * 2_049,
    ],
)
def test_a_name_no_model_can_have_is_refused(name):
    for method, path in (("POST", f"/model/{name}/converse-stream"), ("GET", f"/v1/models/{name}")):
        with pytest.raises(InvalidRequest) as raised:
            route(method, path)
        assert raised.value.param == "model"
        assert name not in str(raised.value)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/health/",
        "/Health",
        "//health",
        "/health%2f",
        "/%68ealth",
        "/health?x",
        "/health\n",
        "/v1/models/",
        "/v1/chat/completions/",
        "/v1//chat/completions",
        "/model//converse",
        "/model/converse",
        "/model/x/invoke-async",
        "/guardrail/g/version/latest/apply",
        "/guardrail/g/apply",
        "/model/x/converse-stream/",
        "/model/x/converse-streams",
        "/model/x%2Fconverse",
        "/model/x\n/converse",
        "/x/model/x/converse",
    ],
)
def test_any_other_path_is_unknown(path):
    with pytest.raises(UnknownRoute):
        route("GET", path)
    with pytest.raises(UnknownRoute):
        route("POST", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", f"/model/{CLAUDE}/converse", "POST"),
        ("HEAD", f"/model/{CLAUDE}/converse", "POST"),
        ("PUT", "/v1/chat/completions", "POST"),
        ("POST", "/v1/models", "GET"),
        ("DELETE", "/v1/models/x", "GET"),
        ("OPTIONS", "/health", "GET"),
        ("post", "/v1/chat/completions", "POST"),
    ],
)
def test_another_method_is_told_which_one_the_path_takes(method, path, allowed):
    with pytest.raises(MethodNotAllowed, match=rf"This path takes {allowed}, not {method}\."):
        route(method, path)


@given(st.text(max_size=60), st.sampled_from(["GET", "POST"]))
def test_any_path_is_routed_or_refused(path, method):
    for prefix in ("", "/model/", "/v1/models/"):
        try:
            found = route(method, prefix + path)
        except (InvalidRequest, MethodNotAllowed, UnknownRoute):
            continue
        assert not found.name or checked_model_name(found.name) == found.name


@pytest.mark.parametrize(
    ("path", "stripped"), [("/api/health", "/health"), ("/api/api/health", "/api/health"), ("/api//", "//")]
)
def test_a_prefix_is_stripped_once(path, stripped):
    assert strip_prefix(path, "/api") == stripped


@pytest.mark.parametrize("path", ["/health", "/api", "/apihealth", "/API/health", "/%61pi/health", "", "/x/api/health"])
def test_a_path_outside_the_prefix_is_unknown_and_the_prefix_is_told(path):
    with pytest.raises(UnknownRoute, match="everything below /api/"):
        strip_prefix(path, "/api")


def test_without_a_prefix_a_path_stays_as_it_is():
    assert strip_prefix("/api/health", "") == "/api/health"


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        (f"/model/{CLAUDE}/converse", Dialect.NATIVE),
        ("/model/x/nothing", Dialect.NATIVE),
        ("/guardrail/x/version/1/apply", Dialect.NATIVE),
        ("/foundation-models", Dialect.NATIVE),
        ("/inference-profiles/x", Dialect.NATIVE),
        ("/v1/models", Dialect.OPENAI),
        ("/openclaw.json", Dialect.OPENAI),
        ("/v1/chat/completions", Dialect.OPENAI),
        ("/models", Dialect.OPENAI),
        ("/", Dialect.OPENAI),
    ],
)
def test_errors_below_bedrocks_paths_are_in_bedrocks_shape(path, dialect):
    assert dialect_of(path) is dialect


@pytest.mark.parametrize("path", ["/model/{}/converse", "/v1/models/{}", "/guardrail/{}/version/1/apply"])
def test_a_key_is_no_models_name(path):
    with pytest.raises(InvalidRequest, match="An API key stands where a model's name belongs"):
        route("GET" if "models" in path else "POST", path.format(f"slc_{'a' * 16}_{'b' * 52}"))
