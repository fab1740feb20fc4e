"""The configuration file: OpenClaw's own format, and messages that name the line and the key."""

import pytest
from catalog_refresh.config_file import ConfigError, ConfigFile, ManualModel, read_config

# OpenClaw's documentation of its Bedrock provider, as it stands there: both examples.
DISCOVERY_EXAMPLE = """\
{
  models: {
    bedrockDiscovery: {
      enabled: true,
      region: "us-east-1",
      providerFilter: ["anthropic", "amazon"],
      refreshInterval: 3600,
      defaultContextWindow: 32000,
      defaultMaxTokens: 4096,
    },
  },
}
"""
PROVIDER_EXAMPLE = """\
{
  models: {
    providers: {
      "amazon-bedrock": {
        baseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com",
        api: "bedrock-converse-stream",
        auth: "aws-sdk",
        models: [
          {
            id: "anthropic.claude-opus-4-5-20251101-v1:0",
            name: "Claude Opus 4.5 (Bedrock)",
            reasoning: true,
            input: ["text", "image"],
            cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
            contextWindow: 200000,
            maxTokens: 8192,
          },
        ],
      },
    },
  },
  agents: {
    defaults: {
      model: { primary: "amazon-bedrock/anthropic.claude-opus-4-5-20251101-v1:0" },
    },
  },
}
"""
DISCOVERY = "{\n  models: { bedrockDiscovery: {\n    %s\n  } },\n}"
MODELS = '{\n  models: { providers: { "amazon-bedrock": { models: [\n    %s\n  ] } } },\n}'
IN_DISCOVERY = "models.bedrockDiscovery"
OPTIONS = "enabled, region, providerFilter, refreshInterval, defaultContextWindow, defaultMaxTokens"
IN_MODELS = "models.providers.amazon-bedrock.models"


def refusal(text):
    with pytest.raises(ConfigError) as raised:
        read_config(text, "sluice.json5")
    return str(raised.value)


def test_openclaws_example_of_discovery_works_as_it_stands():
    assert read_config(DISCOVERY_EXAMPLE, "f") == ConfigFile(
        discovery={
            "enabled": True,
            "region": "us-east-1",
            "providerFilter": ["anthropic", "amazon"],
            "refreshInterval": 3600,
            "defaultContextWindow": 32000,
            "defaultMaxTokens": 4096,
        }
    )


def test_openclaws_example_of_a_manual_definition_works_as_it_stands():
    assert read_config(PROVIDER_EXAMPLE, "f") == ConfigFile(
        models=(
            ManualModel(
                model_id="anthropic.claude-opus-4-5-20251101-v1:0",
                name="Claude Opus 4.5 (Bedrock)",
                reasoning=True,
                input_modalities=("TEXT", "IMAGE"),
                cost={"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
                context_window=200000,
                max_tokens=8192,
            ),
        ),
        primary_model="amazon-bedrock/anthropic.claude-opus-4-5-20251101-v1:0",
    )


@pytest.mark.parametrize(
    "text", ["{}", "// nothing\n{}", "{models: null}", "{models: {providers: {openai: {models: 1}}}}"]
)
def test_what_is_not_about_bedrock_is_nobodys_business(text):
    assert read_config(text, "f") == ConfigFile()


def test_a_primary_model_may_stand_without_an_object():
    assert read_config('{agents: {defaults: {model: " amazon-bedrock/x "}}}', "f").primary_model == "amazon-bedrock/x"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('refreshInterval: "1h"', f"sluice.json5 line 3: {IN_DISCOVERY}.refreshInterval must be a number"),
        ("enabled: 1", f"sluice.json5 line 3: {IN_DISCOVERY}.enabled must be true or false"),
        ("enabled:\n\n  'yes'", f"sluice.json5 line 5: {IN_DISCOVERY}.enabled must be true or false"),
        ("region: ['us-east-1']", f"sluice.json5 line 3: {IN_DISCOVERY}.region must be text"),
        (
            "region:\n 'us-east-1, ${AWS_REGION}'",
            f"sluice.json5 line 4: {IN_DISCOVERY}.region has '${{AWS_REGION}}', which is no region like us-east-1",
        ),
        ("providerFilter: 'anthropic'", f"sluice.json5 line 3: {IN_DISCOVERY}.providerFilter must be a list of texts"),
        ("providerFilter: [1]", f"sluice.json5 line 3: {IN_DISCOVERY}.providerFilter must be a list of texts"),
        ("defaultMaxTokens: true", f"sluice.json5 line 3: {IN_DISCOVERY}.defaultMaxTokens must be a number"),
        (
            "defaultContextWindow: Infinity",
            f"sluice.json5 line 3: {IN_DISCOVERY}.defaultContextWindow must be a number",
        ),
        (
            "refreshIntervall: 1",
            f"sluice.json5 line 3: {IN_DISCOVERY}.refreshIntervall is no option of discovery; there are {OPTIONS}",
        ),
    ],
)
def test_a_wrong_option_is_named_with_its_line(given, message):
    assert refusal(DISCOVERY % given) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{}", f"sluice.json5 line 3: {IN_MODELS}[0] has no id"),
        ('{id: "a"}, {id: "  "}', f"sluice.json5 line 3: {IN_MODELS}[1] has no id"),
        ("'a.b'", f"sluice.json5 line 3: {IN_MODELS}[0] must be an object"),
        ("{\n id: 5}", f"sluice.json5 line 4: {IN_MODELS}[0].id must be text"),
        ('{id: "a", contextWindow: 0}', f"sluice.json5 line 3: {IN_MODELS}[0].contextWindow must be a number above 0"),
        ('{id: "a", maxTokens: "8k"}', f"sluice.json5 line 3: {IN_MODELS}[0].maxTokens must be a number above 0"),
        ('{id: "a", reasoning: "yes"}', f"sluice.json5 line 3: {IN_MODELS}[0].reasoning must be true or false"),
        ('{id: "a", cost: 3}', f"sluice.json5 line 3: {IN_MODELS}[0].cost must be an object"),
        ('{id: "a", cost: {input: -1}}', f"sluice.json5 line 3: {IN_MODELS}[0].cost.input must be a number, 0 or more"),
        (
            '{id: "a", input: [\n"text",\n"sound"]}',
            f"sluice.json5 line 5: {IN_MODELS}[0].input[1] is 'sound'; it must be one of text, image",
        ),
    ],
)
def test_a_wrong_model_is_named_with_its_line(given, message):
    assert refusal(MODELS % given) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n  models: {,}\n}", "sluice.json5 line 2, column 12: "),
        ("", "sluice.json5 line 1, column 1: "),
        ("{a: 1,\n a: 2}", "sluice.json5 line 2, column 2: "),
        ("{models: [}", "sluice.json5 line 1, column 11: "),
    ],
)
def test_what_is_no_json5_is_named_with_its_place(text, message):
    assert refusal(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "sluice.json5 line 1: the file must be an object"),
        ("{models:\n 5}", "sluice.json5 line 2: models must be an object"),
        (
            '{models: {providers: {"amazon-bedrock": {models: {}}}}}',
            "sluice.json5 line 1: " + IN_MODELS + " must be a list",
        ),
        (
            "{agents: {defaults: {model: {primary: 1}}}}",
            "sluice.json5 line 1: agents.defaults.model.primary must be text",
        ),
    ],
)
def test_a_part_of_the_wrong_kind_is_named(text, message):
    assert refusal(text) == message


def test_a_member_that_is_not_known_is_a_warning():
    file = read_config(MODELS % '{id: "a",\n contextwindow: 5, compat: {}}', "sluice.json5")
    assert file.warnings == (
        f"sluice.json5 line 4: {IN_MODELS}[0].compat is not known here and has no effect",
        f"sluice.json5 line 4: {IN_MODELS}[0].contextwindow is not known here and has no effect",
    )


def test_a_null_is_as_good_as_nothing():
    assert read_config(DISCOVERY % "region: null", "f").discovery == {}
    assert read_config(MODELS % '{id: "a", name: null, cost: null}', "f").models == (ManualModel("a"),)
