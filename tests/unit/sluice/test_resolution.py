"""What a client's model name leads to."""

from copy import replace

import pytest
from sluice.model_row import ANY_REGION, ModelRow
from sluice.residency import Residency
from sluice.resolution import Names, OutsideResidency, Policy, UnknownName, preference_of

REGION = "eu-west-1"
ACCOUNT = "arn:aws:bedrock:eu-west-1:111122223333"
APPLICATION = f"{ACCOUNT}:application-inference-profile/abc123def456"
ROUTER = f"{ACCOUNT}:default-prompt-router/anthropic.claude:1"


def model(model_id, **members):
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{model_id}"
    return ModelRow(
        **{
            "model_id": model_id,
            "kind": "foundation-model",
            "region": REGION,
            "name": model_id,
            "provider": "P",
            "arn": arn,
            "base_model_id": model_id,
            "listed": True,
            **members,
        }
    )


def profile(profile_id, destinations, **members):
    arn = f"{ACCOUNT}:inference-profile/{profile_id}"
    base = profile_id.partition(".")[2]
    return model(
        profile_id,
        **{"kind": "inference-profile", "arn": arn, "base_model_id": base, "invoke_id": profile_id, **members},
        destinations=destinations,
    )


NOVA = model("amazon.nova-lite-v1:0", on_demand=True, invoke_id="amazon.nova-lite-v1:0", aliases=("nova-lite",))
CLAUDE = model(
    "anthropic.claude-opus-4-8",
    invoke_id="eu.anthropic.claude-opus-4-8",
    profile_ids=("eu.anthropic.claude-opus-4-8", "global.anthropic.claude-opus-4-8", APPLICATION),
    aliases=("claude-opus-4-8",),
)
EU = profile("eu.anthropic.claude-opus-4-8", ("eu-west-1", "eu-north-1"))
GLOBAL = profile("global.anthropic.claude-opus-4-8", (ANY_REGION,))
OWN = replace(EU, model_id=APPLICATION, kind="application-inference-profile", arn=APPLICATION, invoke_id=APPLICATION)
OWN = replace(OWN, aliases=("team-opus",))
WORLDLY = model("moonshot.kimi-k3", invoke_id="global.moonshot.kimi-k3", profile_ids=("global.moonshot.kimi-k3",))
WORLDLY_PROFILE = profile("global.moonshot.kimi-k3", (ANY_REGION,))
UNREACHABLE = model("stability.nothing-v1:0")
ROWS = (NOVA, CLAUDE, EU, GLOBAL, OWN, WORLDLY, WORLDLY_PROFILE, UNREACHABLE)


def resolve(name, **options):
    return resolved(name, **options).invoke_id


def resolved(name, *, rows=ROWS, preference="", residency="", region=REGION):
    policy = Policy(region, preference_of(preference), Residency.parse(residency))
    return Names(rows, policy).resolve(name)


@pytest.mark.parametrize(
    ("name", "invoked"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("amazon.nova-lite-v1", "amazon.nova-lite-v1:0"),
        ("Amazon.Nova-Lite-v1:0", "amazon.nova-lite-v1:0"),
        ("nova-lite", "amazon.nova-lite-v1:0"),
        (NOVA.arn, NOVA.arn),
        ("anthropic.claude-opus-4-8", "eu.anthropic.claude-opus-4-8"),
        ("anthropic.claude-opus-4-8:0", "eu.anthropic.claude-opus-4-8"),
        ("claude-opus-4-8", "eu.anthropic.claude-opus-4-8"),
        (CLAUDE.arn, "eu.anthropic.claude-opus-4-8"),
        ("global.anthropic.claude-opus-4-8", "global.anthropic.claude-opus-4-8"),
        (GLOBAL.arn, GLOBAL.arn),
        (APPLICATION, APPLICATION),
        ("team-opus", APPLICATION),
        ("stability.nothing-v1:0", "stability.nothing-v1:0"),
    ],
)
def test_a_name_of_the_catalog_leads_to_one_thing_to_invoke(name, invoked):
    assert resolve(name) == invoked


DATED = model(
    "anthropic.claude-opus-4-5-20251101-v1:0",
    invoke_id="eu.anthropic.claude-opus-4-5-20251101-v1:0",
    profile_ids=("eu.anthropic.claude-opus-4-5-20251101-v1:0", "global.anthropic.claude-opus-4-5-20251101-v1:0"),
    aliases=("claude-opus-4-5-20251101", "claude-opus-4-5"),
)
DATED_PROFILES = tuple(profile(profile_id, (REGION,)) for profile_id in DATED.profile_ids)


@pytest.mark.parametrize(
    ("name", "invoked"),
    [
        ("anthropic.claude-opus-4-5", "eu.anthropic.claude-opus-4-5-20251101-v1:0"),
        ("Anthropic.Claude-Opus-4-5-20251101", "eu.anthropic.claude-opus-4-5-20251101-v1:0"),
        ("global.anthropic.claude-opus-4-5", "global.anthropic.claude-opus-4-5-20251101-v1:0"),
        ("global.claude-opus-4-5", "global.anthropic.claude-opus-4-5-20251101-v1:0"),
        # Only Bedrock can tell.
        ("us.anthropic.claude-opus-4-5", "us.anthropic.claude-opus-4-5"),
        ("meta.claude-opus-4-5", "meta.claude-opus-4-5"),
        ("global.anthropic.claude-opus-4", "global.anthropic.claude-opus-4"),
    ],
)
def test_bedrocks_words_may_stand_in_front_of_what_the_maker_calls_a_model(name, invoked):
    assert resolve(name, rows=(DATED, *DATED_PROFILES)) == invoked


@pytest.mark.parametrize(
    "name",
    [
        "us.anthropic.claude-of-tomorrow-v1:0",
        "emulator.echo",
        "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/mine",
    ],
)
@pytest.mark.parametrize("rows", [ROWS, ()], ids=["catalog", "no-catalog"])
def test_a_name_that_looks_like_bedrocks_is_passed_through(name, rows):
    assert resolve(name, rows=rows) == name


@pytest.mark.parametrize(
    ("preference", "invoked"),
    [
        ("", "eu.anthropic.claude-opus-4-8"),
        ("global", "global.anthropic.claude-opus-4-8"),
        ("us., global., eu.", "global.anthropic.claude-opus-4-8"),
        ("application,eu", APPLICATION),
    ],
)
def test_the_order_of_preference_chooses_among_profiles(preference, invoked):
    assert resolve("claude-opus-4-8", preference=preference) == invoked


def test_a_model_with_throughput_of_its_own_needs_no_profile():
    row = replace(NOVA, profile_ids=("global.amazon.nova-lite-v1:0",))
    assert resolve("nova-lite", rows=(row,), preference="global") == "amazon.nova-lite-v1:0"


@pytest.mark.parametrize("name", ["gpt-4.1", "claude-opus-4-9", "nova-light"])
def test_what_nobody_has_heard_of_is_unknown(name):
    with pytest.raises(UnknownName):
        resolve(name)


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(UnknownName, match=r"'claude-opus-4-9'\. The nearest: claude-opus-4-8"):
        resolve("claude-opus-4-9")


def test_a_short_name_of_the_other_endpoint_is_told_apart():
    with pytest.raises(UnknownName, match=r"grok-4\.3 is served only by the bedrock-mantle endpoint \(as xai"):
        resolve("grok-4.3")


@pytest.mark.parametrize(
    "name", ["claude-opus-4-8", "nova-lite", NOVA.arn, "eu.anthropic.claude-of-tomorrow", "amazon.nova-of-tomorrow"]
)
def test_a_residency_policy_lets_through_what_stays_inside(name):
    assert resolve(name, residency="eu", preference="global")
    assert "global" not in resolve(name, residency="eu", preference="global")


@pytest.mark.parametrize(
    "name",
    [
        "moonshot.kimi-k3",
        "global.anthropic.claude-opus-4-8",
        GLOBAL.arn,
        "us.anthropic.claude-of-tomorrow",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/unknown00000",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/us.anthropic.claude-of-tomorrow",
    ],
)
def test_a_residency_policy_refuses_what_could_leave_or_nobody_knows(name):
    with pytest.raises(OutsideResidency, match="outside eu"):
        resolve(name, residency="eu")


def test_a_policy_of_regions_is_held_to_every_destination_of_a_profile():
    with pytest.raises(OutsideResidency):
        resolve("eu.anthropic.claude-opus-4-8", residency="eu-west-1")
    assert resolve("claude-opus-4-8", residency="eu-west-1,eu-north-1") == "eu.anthropic.claude-opus-4-8"


def test_a_router_could_pick_any_profile_so_a_policy_refuses_it():
    router = replace(OWN, model_id=ROUTER, kind="prompt-router", arn=ROUTER, invoke_id=ROUTER, destinations=(REGION,))
    assert resolve(ROUTER, rows=(router,)) == ROUTER
    with pytest.raises(OutsideResidency):
        resolve(ROUTER, rows=(router,), residency="eu")


def test_a_model_of_another_region_is_invoked_there():
    elsewhere = replace(NOVA, region="eu-north-1", destinations=("eu-north-1",))
    found = resolved("nova-lite", rows=(CLAUDE, elsewhere))
    assert (found.invoke_id, found.region) == ("amazon.nova-lite-v1:0", "eu-north-1")


def test_a_profile_of_another_region_is_invoked_there():
    model_there = replace(WORLDLY, region="us-east-1")
    profile_there = replace(WORLDLY_PROFILE, region="us-east-1")
    assert resolved("moonshot.kimi-k3", rows=(model_there, profile_there)).region == "us-east-1"
    assert resolved("global.moonshot.kimi-k3", rows=(model_there, profile_there)).region == "us-east-1"


def test_the_gateways_own_region_counts_before_others():
    elsewhere = replace(CLAUDE, region="us-east-1", profile_ids=("us.anthropic.claude-opus-4-8",))
    found = resolved("claude-opus-4-8", rows=(elsewhere, CLAUDE))
    assert (found.invoke_id, found.region) == ("eu.anthropic.claude-opus-4-8", REGION)


def test_what_the_catalog_says_of_a_name_comes_with_it():
    assert resolved("claude-opus-4-8").row is CLAUDE
    assert resolved(EU.model_id).row is EU
    assert resolved(UNREACHABLE.model_id).row is UNREACHABLE
    assert resolved("amazon.nova-of-tomorrow").row is None


def test_a_model_that_cannot_be_invoked_at_home_is_invoked_elsewhere():
    there = replace(UNREACHABLE, region="us-east-1", on_demand=True, invoke_id=UNREACHABLE.model_id)
    assert resolved(UNREACHABLE.model_id, rows=(UNREACHABLE, there)).region == "us-east-1"


def test_what_the_policy_forbids_at_home_may_be_permitted_elsewhere():
    there = replace(WORLDLY, region="eu-north-1", on_demand=True, invoke_id=WORLDLY.model_id)
    found = resolved("moonshot.kimi-k3", rows=(WORLDLY, WORLDLY_PROFILE, there), residency="eu")
    assert (found.invoke_id, found.region) == ("moonshot.kimi-k3", "eu-north-1")


@pytest.mark.parametrize(("residency", "region"), [("eu-west-1,eu-north-1", REGION), ("eu-north-1", "eu-north-1")])
def test_a_profiles_destinations_are_those_of_the_region_that_it_is_called_in(residency, region):
    model_there = replace(CLAUDE, region="eu-north-1", profile_ids=(EU.model_id,))
    there = replace(EU, region="eu-north-1", destinations=("eu-north-1",))
    found = resolved("claude-opus-4-8", rows=(CLAUDE, EU, model_there, there), residency=residency)
    assert (found.invoke_id, found.region) == (EU.model_id, region)


@pytest.mark.parametrize("name", ["nova-lite", "amazon.nova-lite-v1:0"])
def test_a_policy_holds_for_the_region_that_is_asked_too(name):
    there = replace(NOVA, region="us-east-1", destinations=("us-east-1",))
    with pytest.raises(OutsideResidency):
        resolve(name, rows=(there,), residency="eu")


def test_a_profile_is_not_asked_for_outside_even_if_it_leads_back_in():
    there = replace(EU, region="us-east-1")
    with pytest.raises(OutsideResidency):
        resolve(EU.model_id, rows=(there,), residency="eu")


def test_an_arn_is_understood_in_its_own_region():
    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
    there = replace(NOVA, region="us-east-1", arn=arn)
    found = resolved(arn, rows=(NOVA, there))
    assert (found.invoke_id, found.region) == (arn, "us-east-1")
    assert resolved(NOVA.arn, rows=(NOVA, there)).region == REGION
    unknown = "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc"
    assert resolved(unknown, rows=(NOVA, there)).region == "us-east-1"


def test_an_arn_of_a_region_that_nobody_configured_is_asked_about_at_home():
    assert resolved("arn:aws:bedrock:ap-south-1:111122223333:imported-model/abc").region == REGION


def test_the_row_of_what_is_invoked_is_that_of_its_region():
    there = replace(EU, region="eu-north-1", name="There")
    names = Names((EU, there), Policy(REGION))
    assert names.row_of(EU.model_id) is EU
    assert names.row_of(EU.model_id, "eu-north-1") is there
    assert names.row_of(EU.model_id, "us-east-1") is None


def test_what_an_application_profile_hides_is_known():
    names = Names(ROWS, Policy(REGION))
    assert names.base_model_id(APPLICATION) == "anthropic.claude-opus-4-8"
    assert names.base_model_id("emulator.echo") == "emulator.echo"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("claude-opus-4-8", CLAUDE),
        ("anthropic.claude-opus-4-8:0", CLAUDE),
        (GLOBAL.arn.upper(), GLOBAL),
        ("team-opus", OWN),
        (UNREACHABLE.model_id, UNREACHABLE),
        ("eu.nobody.has-this", None),
    ],
)
def test_a_name_has_the_row_it_is_the_name_of(name, row):
    assert Names(ROWS, Policy(REGION)).named(name) == row


@pytest.mark.parametrize(
    ("residency", "inside"),
    [
        ("", [NOVA, CLAUDE, EU, GLOBAL, OWN, WORLDLY, WORLDLY_PROFILE, UNREACHABLE]),
        ("eu", [NOVA, CLAUDE, EU, OWN, UNREACHABLE]),
        ("eu-west-1", [NOVA, UNREACHABLE]),
    ],
)
def test_a_row_is_inside_a_residency_when_something_of_it_could_be_invoked_there(residency, inside):
    names = Names(ROWS, Policy(REGION, residency=Residency.parse(residency)))
    assert [row for row in ROWS if names.is_inside(row)] == inside


@pytest.mark.parametrize("residency", ["", "eu", "eu-west-1"])
def test_what_is_inside_is_what_resolves(residency):
    names = Names(ROWS, Policy(REGION, residency=Residency.parse(residency)))
    for row in ROWS:
        try:
            names.resolve(row.model_id)
        except OutsideResidency:
            assert not names.is_inside(row)
        else:
            assert names.is_inside(row)


def test_a_preference_for_no_profile_is_refused():
    with pytest.raises(ValueError, match="'mars' is none of"):
        preference_of("eu,mars")
