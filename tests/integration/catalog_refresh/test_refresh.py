"""A refresh against moto: what is in the table afterwards, and what is not."""

import json
import threading
from copy import replace

import pytest
from catalog_refresh.clients import Clients
from catalog_refresh.config_file import ConfigError, read_config
from catalog_refresh.listings import list_region
from catalog_refresh.refresh import LEASE_SECONDS, RefreshFailed
from catalog_refresh.summary import MOST_DETAILED
from catalog_refresh.table import PAUSES, PublishError
from integration.catalog_refresh.conftest import NOW
from integration.catalog_refresh.regions import denied, fails, listing_of, lists
from sluice.catalog_items import CHUNK_SIZE
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles

DAY = 24 * 3600
HOUR = 3600
OPUS = "anthropic.claude-opus-5"


def chat_models(region="us-east-1"):
    """What can be chatted with, by whatever it is invoked through."""
    models = {
        model.model_id: model
        for model in foundation_models(region)
        if model.streaming and "TEXT" in model.output_modalities
    }
    profiles = {
        profile.profile_id
        for profile in inference_profiles(region, "123456789012")
        if profile.model_arns[0].rpartition("/")[2] in models and "mythos-preview" not in profile.profile_id
    }
    own = {
        model.model_id
        for model in models.values()
        if model.lifecycle.status == "ACTIVE"
        and {"ON_DEMAND", "INFERENCE_PROFILE"} & set(model.inference_types)
        and "mythos-preview" not in model.model_id
    }
    return own | profiles


# --- what is published ---


def test_the_regions_models_and_profiles_are_in_the_catalog(run, catalog_in_table):
    summary = run()
    catalog = catalog_in_table()
    assert {row.model_id for row in catalog.listed()} == chat_models()
    assert {row.model_id for row in catalog.rows} == {model.model_id for model in foundation_models("us-east-1")} | {
        profile.profile_id for profile in inference_profiles("us-east-1", "123456789012")
    }
    assert (summary["status"], summary["models"], summary["failures"]) == ("published", len(chat_models()), [])


def test_a_catalog_says_when_it_was_found_when_it_is_stale_and_when_it_goes(run, catalog_in_table):
    run()
    times = catalog_in_table().times
    assert (times.started_at, times.stale_at, times.expires_at) == (NOW, NOW + HOUR, NOW + 7 * DAY)


def test_several_regions_are_one_catalog_and_each_row_has_its_region(run, catalog_in_table):
    run(regions=("eu-west-1", "us-east-1"))
    rows = [row for row in catalog_in_table().rows if row.model_id == OPUS]
    assert [(row.region, row.profile_ids) for row in rows] == [
        ("eu-west-1", (f"eu.{OPUS}", f"global.{OPUS}")),
        ("us-east-1", (f"us.{OPUS}", f"global.{OPUS}")),
    ]
    assert [row.region for row in catalog_in_table().listed() if row.model_id == OPUS] == ["eu-west-1"]


def test_the_operators_models_and_his_choice_are_in_the_catalog(run, catalog_in_table):
    file = read_config(
        '{models:{providers:{"amazon-bedrock":{models:[{id:"acme.own"}]}}},agents:{defaults:{model:{primary:"x"}}}}',
        "c",
    )
    run(file=file)
    assert "acme.own" in {row.model_id for row in catalog_in_table().listed()}
    assert catalog_in_table().primary_model == "x"


@pytest.mark.parametrize("region_count", [1, 2])
def test_d7_every_page_of_both_lists_is_asked_for(services, region_count, client_of):
    profiles = len(inference_profiles("us-east-1", "123456789012"))
    client = client_of("bedrock")
    pages = []

    def page(**arguments):
        answer = type(client).list_inference_profiles(client, maxResults=region_count * 7, **arguments)
        pages.append(answer)
        return answer

    client.list_inference_profiles = page
    found = list_region(client, "us-east-1")
    assert len(found.of("ListInferenceProfiles")) == profiles
    assert len(pages) == -(-profiles // (region_count * 7)) + 1


# --- what fails, and what does not spoil the rest ---


@pytest.mark.parametrize("operation", ["ListFoundationModels", "ListInferenceProfiles"])
def test_d8_without_one_of_the_two_lists_the_last_catalog_stays_and_is_marked_stale(run, catalog_in_table, operation):
    run()
    before = catalog_in_table()

    def discover(region):
        found = listing_of(3, region, [denied(operation)])
        return replace(found, summaries={name: () for name in found.summaries if name != operation})

    with pytest.raises(RefreshFailed, match=f"{operation} in us-east-1: bedrock:{operation} is not allowed"):
        run(now=NOW + 60, discover=discover)
    after = catalog_in_table()
    assert after.rows == before.rows
    assert (before.is_stale(NOW + 60), after.is_stale(NOW + 60)) == (False, True)


def test_a_configuration_that_cannot_be_read_marks_the_last_catalog_as_stale(run, catalog_in_table):
    run(discover=lists(3))
    with pytest.raises(ConfigError):
        run(now=NOW + 60, discover=lists(4), file=lambda: read_config("{models: 1}", "c"))
    assert (len(catalog_in_table().rows), catalog_in_table().is_stale(NOW + 60)) == (3, True)


def test_d21_a_failure_is_forgotten_by_the_next_success(run, catalog_in_table):
    run()
    with pytest.raises(AssertionError):
        run(now=NOW + 60, discover=fails)
    run(now=NOW + 61)
    assert catalog_in_table().failed_at == 0


def test_a_failed_region_keeps_its_rows_and_the_others_are_renewed(run, catalog_in_table):
    run(regions=("us-east-1", "eu-west-1"), discover=lists(3))

    def discover(region):
        found = listing_of(4, region)
        return (
            replace(found, summaries={}, failures=[denied("ListFoundationModels")]) if region == "eu-west-1" else found
        )

    summary = run(now=NOW + 60, regions=("us-east-1", "eu-west-1"), discover=discover)
    found = [(row.region, row.discovered_at) for row in catalog_in_table().rows]
    assert found.count(("us-east-1", NOW + 60)) == 4
    assert found.count(("eu-west-1", NOW)) == 3
    assert len(summary["failures"]) == 1


def test_a_region_that_fails_for_longer_than_a_catalog_lives_is_forgotten(run, catalog_in_table):
    regions = ("us-east-1", "eu-west-1")
    run(regions=regions, discover=lists(3))

    def discover(region):
        found = listing_of(3, region)
        return replace(found, summaries={}) if region == "eu-west-1" else found

    for days in (3, 6, 8):
        run(now=NOW + days * DAY, regions=regions, discover=discover, force=True)
    assert {row.region for row in catalog_in_table(NOW + 8 * DAY).rows} == {"us-east-1"}


@pytest.mark.parametrize(("reason", "kept"), [("failed", 1), ("denied", 0), ("unsupported", 0)])
def test_a_list_that_failed_by_chance_keeps_its_rows(run, catalog_in_table, reason, kept):
    own = {"modelArn": "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc", "modelName": "mine"}
    first = listing_of(3)
    run(discover=lambda _region: replace(first, summaries={**first.summaries, "ListImportedModels": [own]}))
    summary = run(now=NOW + 60, discover=lambda region: listing_of(3, region, [denied("ListImportedModels", reason)]))
    assert summary["status"] == "published"
    assert sum(row.kind == "imported-model" for row in catalog_in_table().rows) == kept


def test_regions_are_listed_at_once(run):
    both = threading.Barrier(2, timeout=5)

    def discover(region):
        both.wait()
        return listing_of(3, region)

    assert run(regions=("us-east-1", "eu-west-1"), discover=discover)["rows"] == 6


# --- what is believed ---


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_catalog_that_shrank_below_a_half_waits_for_the_next_refresh_to_say_the_same(run, catalog_in_table, count):
    run(discover=lists(10))
    assert run(now=NOW + 60, discover=lists(count))["status"] == "held"
    assert len(catalog_in_table().rows) == 10
    assert run(now=NOW + 120, discover=lists(count))["status"] == "published"
    assert len(catalog_in_table().rows) == count


def test_half_of_the_last_catalog_is_believed(run):
    run(discover=lists(10))
    assert run(now=NOW + 60, discover=lists(5))["status"] == "published"


def test_an_implausible_catalog_is_published_when_forced(run, catalog_in_table):
    run(discover=lists(10))
    assert run(now=NOW + 60, discover=lists(1), force=True)["status"] == "published"
    assert len(catalog_in_table().rows) == 1


def test_another_implausible_catalog_waits_anew(run):
    run(discover=lists(10))
    assert [run(now=NOW + 60 * n, discover=lists(count))["status"] for n, count in enumerate((2, 3, 3), 1)] == [
        "held",
        "held",
        "published",
    ]


def test_only_two_refreshes_in_a_row_are_believed(run):
    run(discover=lists(10))
    statuses = [run(now=NOW + 60 * n, discover=lists(count))["status"] for n, count in enumerate((2, 10, 2), 1)]
    assert statuses == ["held", "published", "held"]


def test_a_first_catalog_that_is_empty_waits_too(run, catalog_in_table):
    assert run(discover=lists(0))["status"] == "held"
    assert catalog_in_table() is None
    assert run(now=NOW + 60, discover=lists(0))["status"] == "published"
    assert catalog_in_table().rows == ()


def test_discovery_that_is_switched_off_is_believed_at_once(run, catalog_in_table):
    run(discover=lists(10))
    assert run(now=NOW + 60, enabled=False, discover=fails)["status"] == "published"
    assert catalog_in_table().rows == ()


def test_credentials_that_cannot_be_found_empty_the_catalog_the_second_time_only(run, catalog_in_table):
    # An instance's metadata service that does not answer looks the same.
    run(discover=lists(10))
    assert run(now=NOW + 60, has_credentials=False, discover=fails)["status"] == "held"
    assert len(catalog_in_table().rows) == 10
    assert run(now=NOW + 120, has_credentials=False, discover=fails)["status"] == "published"
    assert catalog_in_table().rows == ()


# --- a dry run ---


@pytest.fixture
def all_items(client_of, services):
    return lambda: client_of("dynamodb").scan(TableName=services.catalog_table)["Items"]


def test_a_dry_run_writes_nothing_and_says_what_would_change(run, all_items):
    run(discover=lists(3))
    before = all_items()
    summary = run(now=NOW + 60, discover=lists(4), dry_run=True)
    assert (summary["status"], summary["would_be"]) == ("dry run", "published")
    assert summary["changes"] == {"added": ["us-east-1 acme.model-3"], "removed": [], "changed": {}}
    assert (summary["rows"], summary["served_rows"], summary["age"]) == (4, 3, 60)
    assert run(now=NOW + 61, discover=lists(3), dry_run=True)["changes"] == {"added": [], "removed": [], "changed": {}}
    assert all_items() == before


def test_a_dry_run_says_of_each_changed_row_what_was_and_what_would_be(run):
    run(discover=lists(2))
    text = '{models:{providers:{"amazon-bedrock":{models:[{id:"acme.model-0",contextWindow:64000,cost:{input:3}}]}}}}'
    changed = run(now=NOW + 60, discover=lists(2), file=read_config(text, "c"), dry_run=True)["changes"]["changed"]
    assert changed.keys() == {"us-east-1 acme.model-0"}
    fields = changed["us-east-1 acme.model-0"]
    assert fields["context_window"] == (32_000, 64_000)
    assert (fields["prices"][0], fields["prices"][1][0]["input"]) == ([], 3)
    assert fields.keys() == {"context_window", "prices", "manual", "assumed"}


def test_a_dry_run_of_ten_thousand_changed_models_fits_into_lambdas_answer(run):
    def renamed(region):
        found = listing_of(10_000, region)
        for summary in found.of("ListFoundationModels"):
            summary["modelName"] += " of another name"
        return found

    run(discover=lists(10_000))
    summary = run(now=NOW + 60, discover=renamed, dry_run=True)
    changed = summary["changes"]["changed"]
    assert len(changed) == 10_000
    assert sum(bool(fields) for fields in changed.values()) == MOST_DETAILED
    assert len(json.dumps(summary)) < 2_000_000


def test_a_dry_run_says_that_an_implausible_listing_would_be_held(run, all_items):
    run(discover=lists(10))
    assert run(now=NOW + 1, discover=lists(1), dry_run=True)["would_be"] == "held"
    assert run(now=NOW + 2, discover=lists(1), dry_run=True, force=True)["would_be"] == "published"
    # Dry runs are no refreshes that say the same.
    assert run(now=NOW + 3, discover=lists(1), dry_run=True)["would_be"] == "held"
    assert run(now=NOW + 4, discover=lists(1))["status"] == "held"
    assert run(now=NOW + 5, discover=lists(1), dry_run=True)["would_be"] == "published"
    assert run(now=NOW + 6, discover=lists(1))["status"] == "published"


def test_a_dry_run_of_an_empty_table_adds_everything(run, all_items):
    summary = run(discover=lists(2), dry_run=True)
    assert summary["changes"]["added"] == ["us-east-1 acme.model-0", "us-east-1 acme.model-1"]
    assert (summary["served_rows"], summary["age"]) == (0, None)
    assert all_items() == []


def test_a_dry_run_needs_no_lease_and_its_failure_marks_nothing(run, catalog_in_table):
    run(discover=lists(3))

    def discover(region):
        assert run(now=NOW + 60, owner="dry", discover=lists(3), dry_run=True)["status"] == "dry run"
        return listing_of(3, region)

    run(now=NOW + 60, discover=discover)
    with pytest.raises(AssertionError):
        run(now=NOW + 120, discover=fails, dry_run=True)
    assert catalog_in_table().failed_at == 0


# --- two refreshers, and one that dies between any two writes ---


def test_d20_two_refreshers_at_once_are_one(run, catalog_in_table):
    seen = []

    def discover(region):
        seen.append(run(owner="the second", discover=fails)["status"])
        return listing_of(3, region)

    assert run(owner="the first", discover=discover)["status"] == "published"
    assert seen == ["busy"]
    assert len(catalog_in_table().rows) == 3


def test_a_refresher_that_lost_its_lease_does_not_overwrite_a_later_one(run, catalog_in_table):
    def stalls(region):
        late = run(owner="the second", now=NOW + LEASE_SECONDS, discover=lists(5))
        assert late["status"] == "published"
        return listing_of(4, region)

    summary = run(owner="the first", discover=stalls)
    assert summary["status"] == "superseded"
    assert len(catalog_in_table().rows) == 5


@pytest.mark.parametrize("skew", [-300, 300])
def test_clocks_that_disagree_by_five_minutes_publish_in_the_order_of_their_leases(run, catalog_in_table, skew):
    run(discover=lists(3))
    assert run(now=NOW + skew, discover=lists(4))["status"] == "published"
    assert len(catalog_in_table(NOW).rows) == 4


def test_a_clock_that_is_ahead_cannot_take_a_living_lease_twice(run):
    statuses = []

    def ahead(region):
        statuses.append(run(owner="ahead", now=NOW + 300, discover=lists(3))["status"])
        return listing_of(3, region)

    run(owner="the first", discover=ahead)
    assert statuses == ["busy"]


def test_the_lease_is_free_again_after_a_failure(run):
    with pytest.raises(AssertionError):
        run(owner="fails", discover=fails)
    assert run(owner="next", discover=lists(3))["status"] == "published"


class Dies(BaseException):
    """The environment is gone: nothing after it runs."""


class DyingClient:
    """A DynamoDB client that dies at its n-th write, before or after it, and is never heard of again."""

    def __init__(self, client, writes, after):
        self.client, self.left, self.after = client, writes, after

    def __getattr__(self, name):
        call = getattr(self.client, name)
        return self.dying(call) if name in {"update_item", "batch_write_item"} else call

    def dying(self, call):
        def write(**arguments):
            self.left -= 1
            if self.left > 0:
                return call(**arguments)
            if self.left == 0 and self.after:
                call(**arguments)
            raise Dies

        return write


# The lease, the chunks, the pointer, the lease's end.
WRITES = 4


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_crash_between_any_two_writes_leaves_the_old_catalog_or_the_new(
    run, table_of, client_of, catalog_in_table, write, after
):
    run(owner="first", discover=lists(3))
    old = catalog_in_table()
    dying = table_of(DyingClient(client_of("dynamodb"), write, after))
    with pytest.raises(Dies):
        run(owner="dies", now=NOW + 60, table=dying, discover=lists(4))
    found = catalog_in_table()
    is_published = (write, after) >= (3, True)
    assert len(found.rows) == (4 if is_published else 3)
    assert is_published or found == old
    # The one who died still holds the lease; his own retry, and anybody after a while, goes on.
    assert run(owner="dies", now=NOW + 61, discover=lists(5))["status"] == "published"
    assert run(owner="another", now=NOW + 62 + LEASE_SECONDS, discover=lists(6))["status"] == "published"


def test_the_crashes_of_that_test_are_at_every_write(run, table_of, client_of):
    counting = DyingClient(client_of("dynamodb"), 1_000, after=False)
    run(table=table_of(counting), discover=lists(3))
    assert 1_000 - counting.left == WRITES


# --- DynamoDB ---


def test_an_expired_catalog_that_is_still_there_is_none(run, catalog_in_table):
    run()
    assert catalog_in_table(NOW + 7 * DAY - 1) is not None
    assert catalog_in_table(NOW + 7 * DAY) is None


def test_an_expired_catalog_is_no_measure_of_what_is_plausible_but_of_age(run, catalog_in_table):
    run(discover=lists(10))
    later = NOW + 8 * DAY
    dry = run(now=later, discover=lists(1), dry_run=True)
    assert (dry["would_be"], dry["served_rows"], dry["age"]) == ("published", 0, 8 * DAY)
    assert run(now=later, discover=lists(1))["status"] == "published"
    assert len(catalog_in_table(later).rows) == 1


def test_the_pointer_and_the_lease_have_no_ttl_and_every_chunk_has_the_catalogs(run, all_items):
    run(discover=lists(3))
    ttls = {(item["pk"]["S"], item["sk"]["S"]): item.get("expires_at", {}).get("N") for item in all_items()}
    assert ttls.pop(("CATALOG", "CURRENT")) is None
    assert ttls.pop(("CATALOG", "LEASE")) is None
    assert set(ttls.values()) == {str(NOW + 7 * DAY)}


def test_a_snapshot_of_which_a_chunk_is_gone_is_none(run, table_of, client_of, services):
    run()
    pointer = table_of().pointer()
    key = {"pk": {"S": f"SNAPSHOT#{pointer.snapshot_id}"}, "sk": {"S": "CHUNK#0000"}}
    client_of("dynamodb").delete_item(TableName=services.catalog_table, Key=key)
    assert table_of().current(NOW) == (pointer, None)
    assert run(now=NOW + 60)["status"] == "published"


def test_items_that_dynamodb_leaves_unprocessed_are_sent_again_after_growing_pauses(
    run, throttled, table_of, catalog_in_table
):
    dynamodb, throttle = throttled(take=0, times=2)
    pauses = []
    run(table=table_of(dynamodb, pauses.append))
    assert (throttle.batches, pauses) == ([1, 1, 1], list(PAUSES[:2]))
    assert {row.model_id for row in catalog_in_table().listed()} == chat_models()


def test_items_that_stay_unprocessed_end_the_refresh_and_nobody_sees_them(run, throttled, table_of, catalog_in_table):
    run(discover=lists(3))
    dynamodb, throttle = throttled(take=0, times=100)
    pauses = []
    with pytest.raises(PublishError, match=r"1 items are not in sluice-local-catalog: .* 7 times"):
        run(now=NOW + 60, table=table_of(dynamodb, pauses.append))
    assert (throttle.batches, pauses) == ([1] * 7, list(PAUSES))
    assert len(catalog_in_table().rows) == 3
    assert catalog_in_table().failed_at == NOW + 60


def test_ten_thousand_models_are_published_and_read(run, catalog_in_table, table_of, monkeypatch):
    summary = run(discover=lists(10_000))
    assert summary["models"] == 10_000
    assert len(catalog_in_table().rows) == 10_000


def test_a_catalog_larger_than_an_item_lies_in_several(run, catalog_in_table, table_of):
    # What does not compress: every name is a random number.
    import random

    def discover(region):
        found = listing_of(10_000, region)
        for summary in found.of("ListFoundationModels"):
            summary["modelName"] = f"{random.getrandbits(400):x}"
        return found

    run(discover=discover)
    assert table_of().pointer().chunks > 1
    assert CHUNK_SIZE < 400_000
    assert len(catalog_in_table().rows) == 10_000


def test_clients_are_kept_for_each_region(services):
    import boto3

    clients = Clients(boto3.Session(region_name="us-east-1"))
    try:
        assert clients.bedrock("eu-west-1") is clients.bedrock("eu-west-1")
        assert clients.bedrock("eu-west-1") is not clients.bedrock("us-east-1")
        assert clients.bedrock("eu-west-1").meta.region_name == "eu-west-1"
    finally:
        clients.close()
