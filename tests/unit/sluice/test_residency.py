"""What a residency policy permits."""

import pytest
from sluice.residency import Residency
from sluice_local.bedrock_control.catalog import geographies

LONDON, ZURICH = "eu-west-2", "eu-central-2"


@pytest.mark.parametrize("region", [*geographies()["eu"], "eusc-de-east-1"])
def test_eu_is_the_european_union(region):
    assert Residency.parse("eu").allows(region)


@pytest.mark.parametrize("region", [LONDON, ZURICH, "eu-west-9", "us-east-1", "*"])
def test_eu_is_nothing_else(region):
    assert not Residency.parse("eu").allows(region)


@pytest.mark.parametrize("region", [LONDON, ZURICH, "eu-west-1"])
def test_a_beginning_is_every_region_that_begins_so(region):
    assert Residency.parse("eu-").allows(region)
    assert not Residency.parse("us-,ap-").allows(region)


def test_words_add_up():
    residency = Residency.parse("EU, eu-west-2")
    assert residency.allows_all(["eu-west-1", LONDON])
    assert not residency.allows_all(["eu-west-1", LONDON, ZURICH])


def test_a_profile_that_leads_to_london_leaves_the_european_union():
    assert not Residency.parse("eu").allows_all(["eu-west-1", LONDON])


def test_a_profile_of_unknown_destinations_stays_in_its_geography():
    assert Residency.parse("eu").allows_prefix("eu")
    assert Residency.parse("eu-").allows_prefix("eu")
    assert not Residency.parse("eu-west-1").allows_prefix("eu")
    assert not Residency.parse("us").allows_prefix("us-gov")
    assert not Residency.parse("eu").allows_prefix("global")


def test_without_words_everything_is_permitted():
    assert Residency().allows("*")
    assert Residency().allows_prefix("global")


@pytest.mark.parametrize("text", ["europe", "eu-west", "eu--", "-", "global", "eu_west_1"])
def test_a_word_that_is_no_place_is_named(text):
    with pytest.raises(ValueError, match=repr(text)):
        Residency.parse(text)


@pytest.mark.parametrize(
    ("word", "inside", "outside"),
    [("us", "us-east-1", "us-gov-east-1"), ("eu", "eu-south-2", "eus-1"), ("jp", "ap-northeast-3", "ap-northeast-2")],
)
def test_a_geography_is_its_regions(word, inside, outside):
    residency = Residency.parse(word)
    assert residency.allows(inside)
    assert not residency.allows(outside)
    assert not residency.allows("*")
