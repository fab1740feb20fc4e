import pytest
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.settings import Settings, SettingsError, read_settings

TABLE = {"SLUICE_CATALOG_TABLE": "catalog"}
NUMBERS = ["SLUICE_REFRESH_INTERVAL", "SLUICE_DEFAULT_CONTEXT_WINDOW", "SLUICE_DEFAULT_MAX_TOKENS"]


def test_only_the_table_must_be_given():
    assert read_settings(TABLE) == Settings("us-east-1", "catalog", "", DiscoveryOptions())


def test_the_defaults_are_openclaws():
    assert DiscoveryOptions() == DiscoveryOptions(None, (), (), 3600, 32_000, 4_096)


def test_everything_is_read_from_its_variable():
    environ = {
        "SLUICE_CATALOG_TABLE": " catalog ",
        "SLUICE_CONFIG": " ssm:/sluice/config ",
        "SLUICE_DISCOVERY_ENABLED": "True",
        "SLUICE_DISCOVERY_REGION": "eu-west-1, us-east-1 ,,eu-west-1",
        "SLUICE_PROVIDER_FILTER": "Moonshot AI, anthropic,ANTHROPIC",
        "SLUICE_REFRESH_INTERVAL": "900",
        "SLUICE_DEFAULT_CONTEXT_WINDOW": "1000",
        "SLUICE_DEFAULT_MAX_TOKENS": "100",
        "AWS_REGION": "eu-central-1",
    }
    discovery = DiscoveryOptions(True, ("eu-west-1", "us-east-1"), ("anthropic", "moonshot ai"), 900, 1000, 100)
    assert read_settings(environ) == Settings("eu-central-1", "catalog", "ssm:/sluice/config", discovery)


@pytest.mark.parametrize("environ", [{}, {"SLUICE_CATALOG_TABLE": "  "}])
def test_a_missing_table_is_named(environ):
    with pytest.raises(SettingsError, match=r"^SLUICE_CATALOG_TABLE is not set$"):
        read_settings(environ)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["-1", "1.5", "1 hour", "²", "∞"])
def test_a_number_that_is_none_is_named_with_its_value(name, value):
    with pytest.raises(SettingsError, match=name) as raised:
        read_settings({**TABLE, name: value})
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize("name", NUMBERS[1:])
def test_a_model_has_at_least_one_token(name):
    with pytest.raises(SettingsError, match=f"{name} is '0'; it must be a whole number, 1 or more"):
        read_settings({**TABLE, name: "0"})


@pytest.mark.parametrize(("value", "interval"), [("", 3600), (" ", 3600), ("0", 0), ("86400", 86400)])
def test_an_interval_may_be_left_out_or_be_zero(value, interval):
    assert read_settings({**TABLE, "SLUICE_REFRESH_INTERVAL": value}).discovery.refresh_interval == interval


@pytest.mark.parametrize(("value", "enabled"), [("", None), ("true", True), (" FALSE ", False)])
def test_discovery_may_be_left_open(value, enabled):
    assert read_settings({**TABLE, "SLUICE_DISCOVERY_ENABLED": value}).discovery.enabled is enabled


def test_a_switch_that_is_neither_on_nor_off_is_named():
    with pytest.raises(SettingsError, match="SLUICE_DISCOVERY_ENABLED is 'yes'; it must be true, false or empty"):
        read_settings({**TABLE, "SLUICE_DISCOVERY_ENABLED": "yes"})


def test_what_is_no_region_is_named():
    with pytest.raises(SettingsError, match="SLUICE_DISCOVERY_REGION has 'us east', which is no region like us-east-1"):
        read_settings({**TABLE, "SLUICE_DISCOVERY_REGION": "eu-west-1, us east"})
