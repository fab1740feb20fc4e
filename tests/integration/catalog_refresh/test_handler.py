"""The function's entry point, cold started in a process of its own as Lambda does."""

import time

import pytest


def metrics_in(logged):
    """The metrics' values of the one line in CloudWatch's embedded format."""
    (line,) = [line for line in logged if "_aws" in line]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Sluice"
    assert directive["Dimensions"] == [["function_name", "service"]]
    return {metric["Name"]: line[metric["Name"]][0] for metric in directive["Metrics"]}


def line_of(logged):
    (line,) = [line for line in logged if "_aws" not in line]
    return line


def test_a_refresh_returns_its_summary_and_logs_it_in_one_line(invoke, catalog_in_table):
    process, logged, returned = invoke()
    assert process.stderr == ""
    catalog = catalog_in_table()
    assert returned == {
        "status": "published",
        "regions": ["us-east-1"],
        "models": len(catalog.listed()),
        "rows": len(catalog.rows),
        "served_rows": len(catalog.rows),
        "refreshed_at": catalog.times.started_at,
        "age": 0,
        "failures": [],
        "unsupported": [],
        "warnings": [],
    }
    expected = {
        "level": "INFO",
        "message": "The catalog was refreshed",
        "service": "sluice-catalog-refresh",
        "function_request_id": "an-invocation",
        "cold_start": True,
        "table": "sluice-local-catalog",
        **returned,
    }
    assert expected.items() <= line_of(logged).items()


def test_a_refresh_counts_models_failures_and_age(invoke):
    _, logged, returned = invoke()
    assert metrics_in(logged) == {
        "CatalogModels": returned["models"],
        "CatalogListingFailures": 0,
        "CatalogRefreshFailures": 0,
        "CatalogAge": 0,
    }


def test_a_failure_is_logged_in_one_line_counted_and_raised(invoke):
    process, logged, returned = invoke(SLUICE_CATALOG_TABLE="nowhere")
    assert (process.returncode, returned) == (1, None)
    assert "ResourceNotFoundException" in process.stderr
    line = line_of(logged)
    assert (line["level"], line["message"], line["table"]) == ("ERROR", "The catalog was not refreshed", "nowhere")
    assert line["exception_name"] == "ResourceNotFoundException"
    assert metrics_in(logged) == {"CatalogRefreshFailures": 1}


def test_a_failure_counts_the_age_of_the_catalog_that_is_served_on(invoke):
    _, _, first = invoke()
    _, logged, returned = invoke(SLUICE_CONFIG="/nowhere/config.json5")
    assert returned is None
    assert 0 <= metrics_in(logged)["CatalogAge"] < 60
    assert "/nowhere/config.json5 cannot be read" in line_of(logged)["exception"]
    assert first["status"] == "published"


def test_an_expired_catalog_still_has_its_age_counted_so_that_the_alarm_goes_on(invoke, run):
    eight_days = 8 * 24 * 3600
    run(now=int(time.time()) - eight_days)
    _, logged, returned = invoke(SLUICE_CONFIG="/nowhere/config.json5")
    assert returned is None
    assert eight_days <= metrics_in(logged)["CatalogAge"] < eight_days + 60


def test_an_empty_listing_of_an_empty_table_is_held_and_has_no_age(invoke):
    _, logged, returned = invoke(SLUICE_PROVIDER_FILTER="nobody")
    assert (returned["status"], returned["rows"], returned["age"]) == ("held", 0, None)
    assert line_of(logged)["level"] == "WARNING"
    assert metrics_in(logged) == {"CatalogListingFailures": 0, "CatalogRefreshFailures": 0}


def test_a_dry_run_counts_nothing_and_keeps_the_changes_out_of_the_log(invoke, catalog_in_table):
    process, logged, returned = invoke({"dry_run": True})
    assert process.stderr == ""
    assert (returned["status"], returned["would_be"]) == ("dry run", "published")
    assert len(returned["changes"]["added"]) == returned["rows"] > 100
    (line,) = logged
    assert line["message"] == "The catalog was compared with what a refresh would make of it"
    assert "changes" not in line
    # The Logger leaves out what is None: there is no catalog that could have an age.
    told = {name: value for name, value in returned.items() if name != "changes" and value is not None}
    assert told.items() <= line.items()
    assert catalog_in_table() is None


@pytest.mark.parametrize("event", [{"dry_run": "true"}, {"dry_run": 1}, {"force": None}, {"force": "no"}])
def test_what_is_asked_for_must_be_true_or_false_or_nothing_happens(invoke, catalog_in_table, event):
    process, logged, returned = invoke(event)
    ((name, value),) = event.items()
    assert returned is None
    assert process.stderr.splitlines()[-1] == (
        f"catalog_refresh.request.RequestError: {name} is {value!r}; it must be true or false"
    )
    assert line_of(logged)["exception_name"] == "RequestError"
    assert catalog_in_table() is None


def test_a_run_beside_another_counts_no_models_and_the_age_of_what_is_served(invoke, table_of):
    _, _, first = invoke()
    table_of().take_lease("somebody else", first["refreshed_at"] + 3600, 3600)
    _, logged, returned = invoke()
    assert (returned["status"], returned["served_rows"], returned["rows"]) == ("busy", first["rows"], 0)
    assert line_of(logged)["message"] == "The catalog was not refreshed: another refresh is running"
    assert metrics_in(logged) == {"CatalogRefreshFailures": 0, "CatalogAge": returned["age"]}
    assert 0 <= returned["age"] < 60


def test_the_configuration_file_has_its_say(invoke, catalog_in_table, tmp_path):
    file = tmp_path / "openclaw.json5"
    file.write_text(
        """{ // OpenClaw's own format
          models: {
            bedrockDiscovery: { providerFilter: ["amazon"], refreshInterval: 60 },
            providers: { "amazon-bedrock": { models: [{ id: "acme.own", contextwindow: 1 }] } },
          },
        }"""
    )
    process, logged, returned = invoke(SLUICE_CONFIG=str(file))
    assert process.stderr == ""
    catalog = catalog_in_table()
    assert {row.provider for row in catalog.rows} == {"Amazon", "acme"}
    assert catalog.times.refresh_interval == 60
    (warning,) = returned["warnings"]
    assert warning.startswith(f"{file} line 4: models.providers.amazon-bedrock.models[0].contextwindow is not known")
    assert line_of(logged)["level"] == "WARNING"


def test_without_credentials_nothing_is_discovered_and_the_operators_models_are_served(invoke, tmp_path):
    file = tmp_path / "config.json5"
    file.write_text(
        '{models: {bedrockDiscovery: {enabled: false}, providers: {"amazon-bedrock": {models: [{id: "a.b"}]}}}}'
    )
    _, _, returned = invoke(SLUICE_CONFIG=str(file))
    assert (returned["status"], returned["regions"], returned["models"]) == ("published", [], 1)


def test_bad_settings_end_the_cold_start(invoke):
    process, logged, returned = invoke(SLUICE_REFRESH_INTERVAL="hourly")
    assert (process.returncode, logged, returned) == (1, [], None)
    assert process.stderr.splitlines()[-1] == (
        "catalog_refresh.settings.SettingsError: "
        "SLUICE_REFRESH_INTERVAL is 'hourly'; it must be a whole number, 0 or more"
    )
