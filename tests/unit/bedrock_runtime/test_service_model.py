import pytest
from botocore.validate import ParamValidator
from sluice_local.bedrock_runtime.answering.guardrails import apply_guardrail
from sluice_local.bedrock_runtime.service_model import OPERATIONS, find_route, output_shape

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"


@pytest.mark.parametrize(
    ("path", "operation", "model_id"),
    [
        (f"/model/{HAIKU}/converse", "Converse", HAIKU),
        (f"/model/{HAIKU.replace(':', '%3A')}/converse-stream", "ConverseStream", HAIKU),
        (f"/model/{ARN}/converse", "Converse", ARN),
        (f"/model/{ARN.replace(':', '%3A').replace('/', '%2F')}/invoke", "InvokeModel", ARN),
        ("/model/m/invoke-with-response-stream", "InvokeModelWithResponseStream", "m"),
        ("/model/m/count-tokens", "CountTokens", "m"),
    ],
)
def test_a_path_names_an_operation_and_a_model(path, operation, model_id):
    route = find_route("POST", path)
    assert (route.operation, route.labels["modelId"]) == (operation, model_id)


def test_a_guardrail_has_two_labels():
    route = find_route("POST", "/guardrail/gr1/version/DRAFT/apply")
    assert route.labels == {"guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/model/m/converse"), ("POST", "/model//converse"), ("POST", "/model/m/converse/"), ("POST", "/")],
)
def test_what_bedrock_runtime_does_not_have_is_no_route(method, path):
    assert find_route(method, path) is None


def test_every_operation_has_an_output():
    assert all(output_shape(operation).members for operation in OPERATIONS)


@pytest.mark.parametrize(("text", "action"), [("all is well", "NONE"), ("Forbidden!", "GUARDRAIL_INTERVENED")])
def test_an_applied_guardrail_answers_in_the_service_s_shape(text, action):
    answer = apply_guardrail([{"text": {"text": text}}])
    assert answer["action"] == action
    report = ParamValidator().validate(answer, output_shape("ApplyGuardrail"))
    assert not report.has_errors(), report.generate_report()


def test_investment_advice_is_a_denied_topic():
    [assessment] = apply_guardrail([{"text": {"text": "Any stock tips?"}}])["assessments"]
    assert assessment["topicPolicy"]["topics"][0]["name"] == "Investment advice"
