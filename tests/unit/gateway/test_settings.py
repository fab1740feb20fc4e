import pytest
from gateway.settings import Settings, SettingsError, read_settings
from sluice.residency import Residency

TABLES = {"SLUICE_CATALOG_TABLE": "catalog", "SLUICE_ACCESS_TABLE": "access"}


def read(**more):
    return read_settings({**TABLES, **more})


def test_two_table_names_are_all_that_must_be_set():
    assert read() == Settings(
        region="us-east-1",
        catalog_table="catalog",
        access_table="access",
        url_auth="NONE",
        path_prefix="",
        cors_allow_origins=(),
        bedrock_runtime_endpoint="https://bedrock-runtime.us-east-1.amazonaws.com",
        bedrock_api_key="",
        dynamodb_endpoint="https://dynamodb.us-east-1.amazonaws.com",
        lambda_endpoint="https://lambda.us-east-1.amazonaws.com",
        ca_bundle="",
        upstream_idle_timeout=300,
        profile_preference=(),
        residency=Residency(),
        refresh_function="",
        catalog_is_live=False,
        metrics_by="by-model-and-caller",
    )


def test_another_regions_bedrock_is_awss_own():
    assert read(AWS_REGION="eu-west-1").bedrock_runtime_in("us-west-2") == (
        "https://bedrock-runtime.us-west-2.amazonaws.com"
    )


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"])
def test_a_configured_bedrock_is_that_of_every_region(name):
    settings = read(**{name: "http://127.0.0.1:7781"})
    assert settings.bedrock_runtime_in("us-east-1") == "http://127.0.0.1:7781"
    assert settings.bedrock_runtime_in("eu-west-1") == "http://127.0.0.1:7781"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_CATALOG_TABLE", ""),
        ("SLUICE_ACCESS_TABLE", "  "),
        ("SLUICE_PROFILE_PREFERENCE", "eu,mars"),
        ("SLUICE_RESIDENCY", "europe"),
        ("SLUICE_RESIDENCY", "eu"),
        ("SLUICE_URL_AUTH", "IAM"),
        ("SLUICE_URL_AUTH", "none"),
        ("SLUICE_METRICS", "by-key"),
        ("SLUICE_PATH_PREFIX", "api"),
        ("SLUICE_CORS_ALLOW_ORIGINS", "example.com"),
        ("SLUICE_CORS_ALLOW_ORIGINS", "*, https://"),
        ("SLUICE_CORS_ALLOW_ORIGINS", "https://example.com/page"),
        ("SLUICE_CORS_ALLOW_ORIGINS", "http://a b"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "localhost:8080"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "ftp://localhost"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://:443"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost:99999"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost:port"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost:0"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://[::1"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost/a?b=c"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost/a b"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://lôcalhost"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "localhost"),
        ("AWS_ENDPOINT_URL", "localhost"),
        ("SLUICE_UPSTREAM_IDLE_TIMEOUT", "soon"),
        ("SLUICE_UPSTREAM_IDLE_TIMEOUT", "0"),
        ("SLUICE_UPSTREAM_IDLE_TIMEOUT", "-1"),
        ("SLUICE_UPSTREAM_IDLE_TIMEOUT", "inf"),
        ("SLUICE_UPSTREAM_IDLE_TIMEOUT", "nan"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_variables_name(name, value):
    with pytest.raises(SettingsError, match=rf"^{name} "):
        read(**{name: value})


def test_a_missing_table_is_named():
    with pytest.raises(SettingsError, match=r"^SLUICE_ACCESS_TABLE is not set$"):
        read_settings({"SLUICE_CATALOG_TABLE": "catalog"})


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-2"}, "eu-west-1"),
        ({"AWS_REGION": " ", "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
        ({}, "us-east-1"),
    ],
)
def test_the_region_decides_where_bedrock_is(environ, region):
    settings = read(**environ)
    assert settings.region == region
    assert settings.bedrock_runtime_endpoint == f"https://bedrock-runtime.{region}.amazonaws.com"


def test_chinas_regions_have_a_domain_of_their_own():
    assert read(AWS_REGION="cn-north-1").dynamodb_endpoint == "https://dynamodb.cn-north-1.amazonaws.com.cn"


def test_a_services_own_endpoint_wins_over_the_one_for_all():
    settings = read(AWS_ENDPOINT_URL="http://all:1/", AWS_ENDPOINT_URL_DYNAMODB=" http://dynamodb:2/path/ ")
    assert settings.bedrock_runtime_endpoint == "http://all:1"
    assert settings.dynamodb_endpoint == "http://dynamodb:2/path"


def test_configured_endpoints_can_be_ignored_as_the_aws_sdks_ignore_them():
    settings = read(AWS_ENDPOINT_URL="http://all:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="TRUE")
    assert settings.dynamodb_endpoint == "https://dynamodb.us-east-1.amazonaws.com"


@pytest.mark.parametrize(("value", "prefix"), [("/", ""), ("/api/", "/api"), (" /a/b ", "/a/b"), ("", "")])
def test_a_path_prefix_has_no_slash_at_its_end(value, prefix):
    assert read(SLUICE_PATH_PREFIX=value).path_prefix == prefix


def test_origins_are_a_list_as_browsers_write_them():
    value = " https://Example.com/ ,, http://localhost:3000,*"
    origins = read(SLUICE_CORS_ALLOW_ORIGINS=value).cors_allow_origins
    assert origins == ("https://example.com", "http://localhost:3000", "*")


def test_blank_counts_as_not_set():
    blank = dict.fromkeys(("SLUICE_URL_AUTH", "SLUICE_UPSTREAM_IDLE_TIMEOUT", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"), " ")
    assert read(**blank) == read()


def test_the_clients_own_variable_for_a_bedrock_key_is_not_the_proxys():
    assert read(AWS_BEARER_TOKEN_BEDROCK="theirs").bedrock_api_key == ""
    assert read(SLUICE_BEDROCK_API_KEY=" ours ").bedrock_api_key == "ours"


@pytest.mark.parametrize(("value", "seconds"), [("1.5", 1.5), ("900", 900.0)])
def test_the_idle_timeout_is_seconds(value, seconds):
    assert read(SLUICE_UPSTREAM_IDLE_TIMEOUT=value).upstream_idle_timeout == seconds


@pytest.mark.parametrize("url", ["http://[::1]:8080", "https://user@host:443/a/b", "http://127.0.0.1:65535"])
def test_endpoints_may_have_any_form_of_host(url):
    assert read(AWS_ENDPOINT_URL=url).bedrock_runtime_endpoint == url
