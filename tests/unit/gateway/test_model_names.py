"""Names of models while the catalog is there, changes, and is not there."""

import pytest
from gateway.errors import InvalidRequest, ModelForbidden, StoreUnavailable, UnknownModel
from gateway.stores.catalog import RETRY_SECONDS
from gateway.stores.model_names import ModelNames
from sluice.catalog import Catalog, Times
from sluice.model_row import ModelRow
from sluice.residency import Residency
from sluice.resolution import Policy

PROFILE = "eu.anthropic.claude-opus-4-8"
APPLICATION = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456"


def row(model_id, kind, **members):
    return ModelRow(
        model_id=model_id,
        kind=kind,
        region="eu-west-1",
        name=model_id,
        provider="Anthropic",
        base_model_id="anthropic.claude-opus-4-8",
        listed=True,
        **members,
    )


ROWS = (
    row(
        "anthropic.claude-opus-4-8",
        "foundation-model",
        profile_ids=(PROFILE,),
        invoke_id=PROFILE,
        aliases=("claude-opus-4-8",),
    ),
    row(PROFILE, "inference-profile", invoke_id=PROFILE, destinations=("eu-west-1",)),
    row(APPLICATION, "application-inference-profile", invoke_id=APPLICATION, destinations=("us-east-1",)),
)


SEED = Catalog(
    "seed",
    Times(0, 0),
    (row("acme.known", "foundation-model", profile_ids=("eu.acme.known",), invoke_id="eu.acme.known"),),
    is_seed=True,
)


class Table:
    """A catalog that changes, or cannot be read, and counts who asks."""

    def __init__(self, catalog=None):
        self.catalog = catalog
        self.is_down = False
        self.reads = 0

    def __call__(self):
        self.reads += 1
        if self.is_down:
            raise StoreUnavailable("down")
        return self.catalog or SEED


def published(snapshot_id, rows=ROWS):
    return Catalog(snapshot_id, Times(0, 3600), rows)


def names_of(table, residency="", clock=lambda: 0.0):
    return ModelNames(table, Policy("eu-west-1", (), Residency.parse(residency)), clock)


@pytest.mark.parametrize("name", ["claude-opus-4-8", "amazon-bedrock/anthropic.claude-opus-4-8", PROFILE])
def test_a_name_leads_to_the_profile_that_the_model_needs(name):
    assert names_of(Table(published("1"))).resolve(name) == PROFILE


def test_tokens_are_counted_by_the_foundation_model():
    names = names_of(Table(published("1")))
    assert names.foundation_id("claude-opus-4-8") == "anthropic.claude-opus-4-8"
    assert names.foundation_id("emulator.echo") == "emulator.echo"


def test_the_model_behind_an_application_profile_is_told_and_other_ids_stay():
    names = names_of(Table(published("1")))
    assert names.resolve(APPLICATION) == APPLICATION
    assert names.telling_id(APPLICATION) == "anthropic.claude-opus-4-8"
    assert names.telling_id(PROFILE) == PROFILE


def test_a_new_snapshot_is_what_counts():
    table = Table(published("1", ()))
    names = names_of(table)
    with pytest.raises(UnknownModel):
        names.resolve("claude-opus-4-8")
    table.catalog = published("2")
    assert names.resolve("claude-opus-4-8") == PROFILE


def test_what_the_policy_forbids_is_said():
    with pytest.raises(ModelForbidden, match="residency policy forbids"):
        names_of(Table(published("1")), "eu").resolve(APPLICATION)


def test_a_name_of_strange_characters_is_refused():
    with pytest.raises(InvalidRequest):
        names_of(Table()).resolve("../secret")


def test_without_a_catalog_well_known_models_are_known_and_every_other_name_is_bedrocks_to_judge():
    names = names_of(Table())
    assert names.resolve("acme.known") == "eu.acme.known"
    assert names.resolve("claude-opus-4-8") == "claude-opus-4-8"


def test_without_a_catalog_the_policy_holds():
    names = names_of(Table(), "eu")
    assert names.resolve(PROFILE) == PROFILE
    for name, error in (("us.anthropic.claude-opus-4-8", ModelForbidden), ("claude-opus-4-8", UnknownModel)):
        with pytest.raises(error):
            names.resolve(name)


def test_a_table_that_is_down_blocks_nobody_and_is_left_alone_for_a_while():
    now = [100.0]
    table = Table(published("1"))
    table.is_down = True
    names = names_of(table, clock=lambda: now[0])
    assert names.resolve("claude-opus-4-8") == "claude-opus-4-8"
    assert names.resolve("claude-opus-4-8") == "claude-opus-4-8"
    assert table.reads == 1
    table.is_down = False
    now[0] += RETRY_SECONDS + 1
    assert names.resolve("claude-opus-4-8") == PROFILE


# --- rows ---


@pytest.mark.parametrize("name", [PROFILE, f"amazon-bedrock/{PROFILE}", PROFILE.upper()])
def test_a_name_has_its_row_as_openclaw_writes_it_too(name):
    assert ModelNames(Table(published("1")), Policy("eu-west-1"), lambda: 0).named(name).model_id == PROFILE


def test_a_row_is_inside_as_long_as_the_residency_lets_it():
    rows = {row.model_id: row for row in ROWS}
    names = ModelNames(Table(published("1")), Policy("eu-west-1", (), Residency.parse("eu")), lambda: 0)
    assert {model_id: names.is_inside(row) for model_id, row in rows.items()} == {
        "anthropic.claude-opus-4-8": True,
        PROFILE: True,
        APPLICATION: False,
    }


def test_what_was_resolved_has_the_row_that_tells_its_price():
    names = ModelNames(Table(published("1")), Policy("eu-west-1"), lambda: 0)
    assert names.row_of(names.resolve("claude-opus-4-8")).model_id == PROFILE
    assert names.row_of(names.resolve(APPLICATION)).model_id == APPLICATION


def test_a_row_is_only_that_of_what_is_invoked_itself_and_here():
    names = ModelNames(Table(published("1")), Policy("eu-west-1"), lambda: 0)
    names.resolve(PROFILE)
    assert names.row_of("anthropic.claude-opus-4-8") is None
    elsewhere = ModelNames(Table(published("1")), Policy("us-east-1"), lambda: 0)
    elsewhere.resolve(PROFILE)
    assert elsewhere.row_of(PROFILE) is None


def test_without_a_catalog_there_is_no_row():
    assert ModelNames(Table(), Policy("eu-west-1"), lambda: 0).row_of(PROFILE) is None
