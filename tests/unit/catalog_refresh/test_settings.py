import pytest
from catalog_refresh.settings import Settings, SettingsError, read_settings

TABLE = {"SLUICE_CATALOG_TABLE": "catalog"}


def test_only_the_table_must_be_given():
    assert read_settings(TABLE) == Settings(region="us-east-1", catalog_table="catalog", refresh_interval=3600)


def test_everything_is_read_from_its_variable():
    environ = {"SLUICE_CATALOG_TABLE": " catalog ", "SLUICE_REFRESH_INTERVAL": "900", "AWS_REGION": "eu-west-1"}
    assert read_settings(environ) == Settings(region="eu-west-1", catalog_table="catalog", refresh_interval=900)


@pytest.mark.parametrize("environ", [{}, {"SLUICE_CATALOG_TABLE": "  "}])
def test_a_missing_table_is_named(environ):
    with pytest.raises(SettingsError, match=r"^SLUICE_CATALOG_TABLE is not set$"):
        read_settings(environ)


@pytest.mark.parametrize("value", ["-1", "1.5", "1 hour", "²", "∞"])
def test_an_interval_that_is_no_number_of_seconds_is_named_with_its_value(value):
    with pytest.raises(SettingsError, match="SLUICE_REFRESH_INTERVAL") as raised:
        read_settings({**TABLE, "SLUICE_REFRESH_INTERVAL": value})
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize(("value", "interval"), [("", 3600), (" ", 3600), ("0", 0), ("86400", 86400)])
def test_an_interval_may_be_left_out_or_be_zero(value, interval):
    assert read_settings({**TABLE, "SLUICE_REFRESH_INTERVAL": value}).refresh_interval == interval
