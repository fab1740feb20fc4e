"""The well-known models that stand in until something was discovered."""

import json
from pathlib import Path

import pytest
import sluice
from sluice.model_facts import facts_of
from sluice.model_row import ANY_REGION
from sluice.model_seed import AVAILABILITY, seed_catalog
from sluice.resolution import Names, Policy

from scripts.model_seed.__main__ import one_line_a_model
from scripts.model_seed.seed import seed_file

FILE = Path(sluice.__file__).with_name("model_seed.json")
OPUS = "anthropic.claude-opus-4-8"


def seed_row(model_id, region):
    (row,) = [row for row in seed_catalog(region).rows if row.model_id == model_id]
    return row


def test_the_file_is_what_the_script_makes():
    assert FILE.read_text() == one_line_a_model(seed_file())


def test_a_seed_is_marked_as_such_and_stale():
    catalog = seed_catalog("us-east-1")
    assert catalog.is_seed
    assert catalog.is_stale(1)
    assert catalog.listed() == list(catalog.rows)
    assert all(AVAILABILITY in row.assumed for row in catalog.rows)


def test_a_model_is_reached_as_its_region_offers_it():
    assert seed_row(OPUS, "eu-west-1").invoke_id == f"eu.{OPUS}"
    assert seed_row(OPUS, "eu-west-1").profile_ids == (f"eu.{OPUS}", f"global.{OPUS}")
    assert seed_row(OPUS, "eu-west-2").destinations == (ANY_REGION,)
    nova = seed_row("amazon.nova-lite-v1:0", "us-east-1")
    assert (nova.on_demand, nova.invoke_id, nova.destinations) == (True, nova.model_id, ("us-east-1",))


def test_a_region_lists_what_it_offers():
    assert "writer.palmyra-x5-v1:0" in {row.model_id for row in seed_catalog("us-east-1").rows}
    assert "writer.palmyra-x5-v1:0" not in {row.model_id for row in seed_catalog("eu-west-1").rows}
    assert seed_catalog("mars-north-1").rows == ()


def test_a_model_can_do_what_its_facts_say():
    facts = facts_of(OPUS)
    row = seed_row(OPUS, "eu-west-1")
    assert facts
    assert (row.context_window, row.reasoning) == (facts.context_window, facts.reasoning)
    assert row.prices == tuple(facts.prices_of(f"eu.{OPUS}", "eu-west-1"))


@pytest.mark.parametrize("name", ["claude-opus-4-8", OPUS])
def test_the_names_of_well_known_models_are_understood(name):
    names = Names(seed_catalog("eu-west-1").rows, Policy("eu-west-1"))
    assert names.resolve(name).invoke_id == f"eu.{OPUS}"


def test_the_file_is_small():
    assert FILE.stat().st_size < 20_000
    assert len(json.loads(FILE.read_text())["models"]) > 40


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_a_model_has_the_arn_of_its_region(region, partition):
    assert {row.arn for row in seed_catalog(region).rows} == {
        f"arn:{partition}:bedrock:{region}::foundation-model/{row.model_id}" for row in seed_catalog(region).rows
    }


def test_a_model_says_how_it_can_be_bought():
    types = {row.on_demand: row.inference_types for row in seed_catalog("eu-west-1").rows}
    assert types == {True: ("ON_DEMAND",), False: ("INFERENCE_PROFILE",)}
