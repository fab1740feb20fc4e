"""What a caller is shown of the catalog: what lives, what he may use, each id once."""

from copy import replace

import pytest
from gateway.errors import UnknownModel
from gateway.listing import Listing
from gateway.messages import Request
from sluice.model_row import Lifecycle, ModelRow

NOW = 1_000
NOVA = ModelRow("amazon.nova-lite-v1:0", "foundation-model", "us-east-1", "Nova Lite", "Amazon", listed=True)
TITAN = ModelRow("amazon.titan-embed-text-v2:0", "foundation-model", "us-east-1", "Titan", "Amazon")
IN_EUROPE = replace(NOVA, region="eu-west-1", model_id="Amazon.Nova-Lite-v1:0")
MANUAL = replace(NOVA, kind="manual", listed=False)


def listing(*rows, may_use=lambda _: True, headers=None, path_prefix=""):
    request = Request("GET", "/v1/models", headers or {}, b"", "request-1", 0.0)
    return Listing(request, rows, {row.model_id: row for row in rows}.get, may_use, NOW, path_prefix=path_prefix)


def refusal(shown, name):
    with pytest.raises(UnknownModel) as raised:
        shown.model(name)
    return str(raised.value)


def test_lists_show_what_the_catalog_lists_in_its_order():
    assert listing(TITAN, NOVA).listed() == [NOVA]
    assert listing(TITAN, NOVA).usable() == [TITAN, NOVA]


def test_a_model_of_two_regions_is_shown_once_as_the_first_has_it():
    assert listing(NOVA, IN_EUROPE).listed() == [NOVA]
    assert listing(IN_EUROPE, NOVA).usable() == [IN_EUROPE]


def test_a_model_is_shown_as_the_first_region_has_it_that_the_caller_may_use():
    assert listing(NOVA, IN_EUROPE, may_use=lambda row: row.region == "eu-west-1").listed() == [IN_EUROPE]


def test_what_is_of_another_kind_is_another_thing():
    assert listing(MANUAL, NOVA).usable() == [MANUAL, NOVA]


@pytest.mark.parametrize(("ends_at", "is_shown"), [(0, True), (NOW + 1, True), (NOW, False), (NOW - 1, False)])
def test_a_list_shows_a_model_until_the_end_of_its_life_however_old_the_catalog_is(ends_at, is_shown):
    row = replace(NOVA, lifecycle=Lifecycle("LEGACY", end_of_life_at=ends_at))
    assert listing(row).listed() == ([row] if is_shown else [])
    assert listing(row).usable() == [row]


def test_what_the_caller_may_not_use_does_not_exist_for_him():
    hidden = listing(NOVA, TITAN, may_use=lambda row: row is TITAN)
    assert (hidden.listed(), hidden.usable()) == ([], [TITAN])
    assert (hidden.find(NOVA.model_id), hidden.find(TITAN.model_id)) == (None, TITAN)
    with pytest.raises(UnknownModel):
        hidden.model(NOVA.model_id)


def test_a_model_that_lists_do_not_show_is_found_by_its_name():
    assert listing(TITAN).model(TITAN.model_id) is TITAN


def test_a_model_nobody_has_is_unknown():
    assert refusal(listing(NOVA), "nobody.has-this") == (
        "There is no model 'nobody.has-this'. GET /v1/models lists what there is."
    )


def test_the_nearest_names_are_such_as_the_caller_may_use():
    pro = replace(NOVA, model_id="amazon.nova-pro-v1:0", aliases=("nova-pro",))
    named = "There is no model 'nova-v1:0'. The nearest: {}. GET /v1/models lists what there is."
    both = named.format("amazon.nova-pro-v1:0, amazon.nova-lite-v1:0, nova-pro")
    assert refusal(listing(NOVA, pro), "nova-v1:0") == both
    only = named.format("amazon.nova-lite-v1:0")
    assert refusal(listing(NOVA, pro, may_use=lambda row: row is NOVA), "nova-v1:0") == only


def test_a_model_of_the_other_endpoint_is_named_as_such():
    assert refusal(listing(NOVA), "openai.gpt-5.6-cyber").startswith(
        "openai.gpt-5.6-cyber is served only by the bedrock-mantle endpoint (as openai.gpt-5.6-cyber), "
    )


@pytest.mark.parametrize(
    ("headers", "prefix", "url"),
    [
        ({"host": "abc.lambda-url.eu-west-1.on.aws"}, "", "https://abc.lambda-url.eu-west-1.on.aws"),
        ({"host": "127.0.0.1:7780", "x-forwarded-proto": "http"}, "/sluice", "http://127.0.0.1:7780/sluice"),
    ],
)
def test_the_base_url_is_the_one_the_client_asked_under(headers, prefix, url):
    assert listing(headers=headers, path_prefix=prefix).base_url == url
