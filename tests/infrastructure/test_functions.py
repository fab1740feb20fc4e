"""The functions: what runs them, with which layers, settings and limits."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from gateway.settings import read_settings
from infrastructure.artifacts import LAYERS_OF
from infrastructure.expansion import PROJECT, Stack, build_metadata, expand

FUNCTIONS = pytest.mark.parametrize("function", ["GatewayFunction", "RefreshFunction"])
PACKAGES = {
    "GatewayFunction": PROJECT / "functions/gateway/gateway",
    "RefreshFunction": PROJECT / "functions/catalog_refresh/catalog_refresh",
}

# A secret may not stand in a function's variables, and in Lambda there is a role: only the local stack sets it.
OUTSIDE_LAMBDA = {"SLUICE_BEDROCK_API_KEY"}
# What a client is told to set.
OF_CLIENTS = {"SLUICE_API_KEY"}


def variables(stack: Stack, function: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.properties(function)["Environment"]["Variables"]
    return found


def settings_read_in(package: Path) -> Iterator[str]:
    """The names of our own settings that a package's code mentions."""
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and re.fullmatch(r"SLUICE_[A-Z_]+", str(node.value)):
                yield str(node.value)


@FUNCTIONS
def test_a_function_runs_on_the_managed_python_that_its_bytecode_is_for(function: str) -> None:
    properties = expand().properties(function)
    assert properties["Runtime"] == "python3.13"
    assert "PackageType" not in properties


def test_the_handlers_are_where_the_template_says() -> None:
    stack = expand()
    assert stack.properties("GatewayFunction")["Handler"] == "gateway.handler.lambda_handler"
    assert stack.properties("RefreshFunction")["Handler"] == "catalog_refresh.handler.lambda_handler"


def test_only_the_gateway_streams() -> None:
    stack = expand()
    assert variables(stack, "GatewayFunction")["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/streaming-runtime"
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in variables(stack, "RefreshFunction")


@FUNCTIONS
def test_a_function_has_the_layers_that_its_code_imports(function: str) -> None:
    assert tuple(layers(expand(), function)) == LAYERS_OF[function]


def layers(stack: Stack, function: str) -> list[str]:
    """The function's layers without the hash of their content that SAM appends to each name."""
    return [re.sub(r"[0-9a-f]{10}$", "", layer["Ref"]) for layer in stack.properties(function)["Layers"]]


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_functions_and_layers_have_the_chosen_architecture(architecture: str) -> None:
    stack = expand(Architecture=architecture)
    functions = stack.of_type("AWS::Lambda::Function").values()
    versions = stack.of_type("AWS::Lambda::LayerVersion").values()
    assert [function["Architectures"] for function in functions] == [[architecture]] * 2
    assert [layer["CompatibleArchitectures"] for layer in versions] == [[architecture]] * 4


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_everything_is_built_for_the_chosen_architecture(architecture: str) -> None:
    built = build_metadata(Architecture=architecture)
    assert len(built) == 6
    assert {metadata["BuildMethod"] for metadata in built.values()} == {"makefile"}
    assert {metadata["ContextPath"] for metadata in built.values()} == {f"packaging/{architecture}"}
    assert (PROJECT / "packaging" / architecture / "Makefile").is_file()
    layer_metadata = [metadata for name, metadata in built.items() if name.endswith("Layer")]
    assert [metadata["BuildArchitecture"] for metadata in layer_metadata] == [architecture] * 4


def test_arm64_is_the_default() -> None:
    assert expand().properties("GatewayFunction")["Architectures"] == ["arm64"]


def test_a_stream_may_last_as_long_as_lambda_allows() -> None:
    assert expand().properties("GatewayFunction")["Timeout"] == 900


def test_memory_is_the_operators_choice() -> None:
    assert expand().properties("GatewayFunction")["MemorySize"] == "512"
    assert expand(MemorySize="1769").properties("GatewayFunction")["MemorySize"] == "1769"


def test_concurrency_is_reserved_only_when_asked_for() -> None:
    # A new account has no concurrency to reserve: a default would make its first deployment fail.
    assert "ReservedConcurrentExecutions" not in expand().properties("GatewayFunction")
    for asked in ("0", "25"):
        gateway = expand(ReservedConcurrency=asked).properties("GatewayFunction")
        assert gateway["ReservedConcurrentExecutions"] == asked


@FUNCTIONS
def test_a_function_is_traced(function: str) -> None:
    assert expand().properties(function)["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize(
    ("function", "log_group", "name"),
    [
        ("GatewayFunction", "GatewayLogGroup", "/aws/lambda/sluice-gateway"),
        ("RefreshFunction", "RefreshLogGroup", "/aws/lambda/sluice-catalog-refresh"),
    ],
)
def test_a_function_logs_json_into_a_group_that_forgets(function: str, log_group: str, name: str) -> None:
    stack = expand(LogRetentionDays="7")
    logging = stack.properties(function)["LoggingConfig"]
    assert (logging["LogFormat"], logging["LogGroup"]) == ("JSON", {"Ref": log_group})
    assert stack.properties(log_group) == {"LogGroupName": name, "RetentionInDays": "7"}


@FUNCTIONS
@pytest.mark.parametrize(
    ("level", "lambdas_level"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARNING", "INFO"), ("ERROR", "INFO")]
)
def test_lambda_drops_no_metrics_at_a_high_log_level(function: str, level: str, lambdas_level: str) -> None:
    stack = expand(LogLevel=level)
    assert variables(stack, function)["POWERTOOLS_LOG_LEVEL"] == level
    assert stack.properties(function)["LoggingConfig"]["ApplicationLogLevel"] == lambdas_level


@FUNCTIONS
def test_the_template_sets_what_the_code_reads_and_nothing_else(function: str) -> None:
    set_by_template = {name for name in variables(expand(), function) if name.startswith("SLUICE_")}
    assert set_by_template == set(settings_read_in(PACKAGES[function])) - OUTSIDE_LAMBDA - OF_CLIENTS


def test_the_gateway_accepts_the_settings_of_the_template() -> None:
    stack = expand(
        UrlAuth="AWS_IAM",
        PathPrefix="/llm",
        CorsAllowOrigins="https://a.example, https://b.example",
        BedrockRuntimeEndpoint="https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com",
        RefreshInterval="0",
    )
    environ = {name: str(value) for name, value in variables(stack, "GatewayFunction").items()}
    settings = read_settings(environ | {"AWS_REGION": "eu-central-1"})
    assert settings.url_auth == "AWS_IAM"
    assert settings.path_prefix == "/llm"
    assert settings.cors_allow_origins == ("https://a.example", "https://b.example")
    assert settings.bedrock_runtime_endpoint == "https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com"
    assert settings.catalog_is_live


def test_the_gateway_knows_who_refreshes_the_catalog() -> None:
    stack = expand()
    assert variables(stack, "GatewayFunction")["SLUICE_REFRESH_FUNCTION"] == {"Ref": "RefreshFunction"}
    # A cycle would keep the stack from being deployed.
    assert "Gateway" not in str(stack.properties("RefreshFunction")) + str(stack.properties("RefreshRole"))


@pytest.mark.parametrize(
    ("function", "parameter", "variable"),
    [
        ("GatewayFunction", "BedrockRuntimeEndpoint", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ("GatewayFunction", "DynamoDbEndpoint", "AWS_ENDPOINT_URL_DYNAMODB"),
        ("GatewayFunction", "LambdaEndpoint", "AWS_ENDPOINT_URL_LAMBDA"),
        ("RefreshFunction", "BedrockEndpoint", "AWS_ENDPOINT_URL_BEDROCK"),
        ("RefreshFunction", "DynamoDbEndpoint", "AWS_ENDPOINT_URL_DYNAMODB"),
    ],
)
def test_an_endpoint_is_what_the_operator_says(function: str, parameter: str, variable: str) -> None:
    given = expand(**{parameter: "https://example.com"})
    assert variables(given, function)[variable] == "https://example.com"


def test_an_endpoint_that_is_not_given_is_awss_own(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = expand()
    environ = {name: str(value) for name, value in variables(stack, "GatewayFunction").items()}
    settings = read_settings(environ | {"AWS_REGION": "eu-central-1"})
    assert settings.bedrock_runtime_endpoint == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert settings.dynamodb_endpoint == "https://dynamodb.eu-central-1.amazonaws.com"
    for name, value in variables(stack, "RefreshFunction").items():
        monkeypatch.setenv(name, str(value))
    session = boto3.Session("access", "secret", region_name="eu-central-1")
    assert session.client("bedrock").meta.endpoint_url == "https://bedrock.eu-central-1.amazonaws.com"
    assert session.client("dynamodb").meta.endpoint_url == "https://dynamodb.eu-central-1.amazonaws.com"


def test_no_secret_stands_in_an_environment() -> None:
    # Whoever may read a function's configuration can read its variables.
    for function in PACKAGES:
        # Tokens, in the plural, are what models read and write.
        assert not [name for name in variables(expand(), function) if re.search("KEY|SECRET|TOKEN(?!S)", name)]


def test_the_outputs_name_what_an_operator_needs() -> None:
    outputs = expand().outputs
    assert {name: output["Value"] for name, output in outputs.items() if name != "NextSteps"} == {
        "FunctionUrl": {"Fn::GetAtt": ["GatewayUrl", "FunctionUrl"]},
        "CatalogTableName": {"Ref": "CatalogTable"},
        "AccessTableName": {"Ref": "AccessTable"},
        "GatewayFunctionName": {"Ref": "GatewayFunction"},
        "RefreshFunctionName": {"Ref": "RefreshFunction"},
    }


@pytest.mark.parametrize(
    ("url_auth", "step"),
    [("NONE", "sluice keys create --stack-name sluice"), ("AWS_IAM", "lambda:InvokeFunctionUrl")],
)
def test_the_next_steps_are_those_of_the_chosen_authorization(url_auth: str, step: str) -> None:
    text = expand(UrlAuth=url_auth).outputs["NextSteps"]["Value"]
    assert step in text
    assert "sluice models refresh --stack-name sluice" in text
