"""Anthropic's model list: its members, its pages, its stages."""

from copy import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest
from anthropic.types import ModelInfo
from gateway.dialects.anthropic_models.reply import in_stages, model_page, single_model
from gateway.dialects.anthropic_models.request import ModelPage, read_model_page
from gateway.dialects.row_facts import facts_json
from gateway.errors import InvalidRequest
from hypothesis import given
from hypothesis import strategies as st
from sluice.model_row import Lifecycle, ModelRow, Reasoning

OPUS = ModelRow(
    model_id="anthropic.claude-opus-4-8",
    kind="foundation-model",
    region="us-east-1",
    name="Claude Opus 4.8",
    provider="Anthropic",
    base_model_id="anthropic.claude-opus-4-8",
    invoke_id="us.anthropic.claude-opus-4-8",
    listed=True,
    input_modalities=("TEXT", "IMAGE"),
    reasoning=Reasoning("thinking.adaptive", ("low", "high")),
    context_window=200_000,
    max_output_tokens=64_000,
    structured_output=True,
    lifecycle=Lifecycle("ACTIVE", started_at=86_400),
    supports=("document_input",),
)
LEGACY = replace(
    OPUS, model_id="anthropic.claude-2", listed=False, lifecycle=Lifecycle("LEGACY", 0, 86_400, 172_800), reasoning=None
)
RETIRED = replace(LEGACY, model_id="anthropic.claude-1", lifecycle=Lifecycle("LEGACY", 0, 0, 86_400))
ROWS = [replace(OPUS, model_id=f"anthropic.claude-{number}") for number in range(7)]
IDS = [row.model_id for row in ROWS]


NOW = 100_000


def body(response):
    assert (response.status, response.headers["request-id"]) == (200, "request-1")
    return orjson.loads(b"".join(response.body))


def model(row):
    return body(single_model(row, "request-1", NOW))


def page(**query):
    return body(model_page(ROWS, read_model_page(urlencode(query)), "request-1", NOW))


def ids(answer):
    return [found["id"] for found in answer["data"]]


# --- a model ---


def test_a_model_has_every_member_that_the_sdk_knows():
    found = model(OPUS)
    info = ModelInfo.model_validate(found | {"capabilities": None})
    assert ModelInfo.model_fields.keys() <= found.keys()
    assert (info.id, info.type, info.display_name, info.lifecycle) == (OPUS.model_id, "model", OPUS.name, "active")
    assert info.created_at == datetime(1970, 1, 2, tzinfo=UTC)
    assert (info.max_input_tokens, info.max_tokens) == (200_000, 64_000)
    assert (info.deprecated_at, info.retires_at) == (None, None)


def test_a_legacy_model_is_deprecated_and_says_until_when():
    info = ModelInfo.model_validate(model(LEGACY) | {"capabilities": None})
    assert info.lifecycle == "deprecated"
    assert (info.deprecated_at, info.retires_at) == (datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC))


def test_the_rest_of_what_the_catalog_knows_is_there_too():
    assert facts_json(OPUS).keys() <= model(OPUS).keys()
    assert model(OPUS)["context_window"] == 200_000


def test_capabilities_are_those_of_a_request_through_sluice():
    said = model(OPUS)["capabilities"]
    supported = {name: value["supported"] for name, value in said.items()}
    assert supported == {
        "batch": False,
        "code_execution": False,
        "context_management": True,
        "effort": True,
        "image_input": True,
        "pdf_input": True,
        "server_tools": False,
        "structured_outputs": True,
        "thinking": True,
    }
    assert said["effort"] == {
        "supported": True,
        "low": {"supported": True},
        "medium": {"supported": False},
        "high": {"supported": True},
        "xhigh": {"supported": False},
        "max": {"supported": False},
    }


@pytest.mark.parametrize(
    ("reasoning", "types"),
    [
        (None, {"disabled"}),
        (Reasoning(), {"disabled"}),
        (Reasoning("thinking.adaptive", always_on=True), {"adaptive"}),
        (Reasoning("thinking.adaptive", takes_budget=True), {"adaptive", "enabled", "disabled"}),
        (Reasoning("thinking.budget_tokens"), {"enabled", "disabled"}),
        (Reasoning("reasoning_effort"), {"adaptive", "enabled", "disabled"}),
    ],
)
def test_a_model_says_how_it_can_be_asked_to_think(reasoning, types):
    thinking = model(replace(OPUS, reasoning=reasoning))["capabilities"]["thinking"]
    assert thinking["supported"] is (reasoning is not None)
    assert {name for name, value in thinking["types"].items() if value["supported"]} == types


# --- pages ---


def test_a_page_has_twenty_models_unless_told_otherwise():
    assert read_model_page("") == ModelPage(limit=20)
    assert page() == {
        "data": [model(row) for row in ROWS],
        "has_more": False,
        "first_id": IDS[0],
        "last_id": IDS[-1],
    }


@given(limit=st.integers(1, 8))
def test_pages_forwards_hold_every_model_once(limit):
    answer = page(limit=limit)
    found = ids(answer)
    while answer["has_more"]:
        assert (answer["first_id"], answer["last_id"]) == (ids(answer)[0], ids(answer)[-1])
        answer = page(limit=limit, after_id=answer["last_id"])
        found += ids(answer)
    assert found == IDS


@given(limit=st.integers(1, 8))
def test_pages_backwards_hold_every_model_once(limit):
    answer = page(limit=limit, before_id=IDS[-1])
    found = ids(answer)
    while answer["has_more"]:
        answer = page(limit=limit, before_id=answer["first_id"])
        found = ids(answer) + found
    assert found == IDS[:-1]


def test_nothing_is_a_page_too():
    empty = {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert body(model_page([], ModelPage(), "request-1", NOW)) == empty
    assert page(after_id=IDS[-1]) == empty
    assert page(before_id=IDS[0]) == empty


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "from 1 to 1000"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("after_id=a&before_id=b", "contradict"),
        ("lifecycle=old", "'old' is none of active, deprecated, retired"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query, words):
    with pytest.raises(InvalidRequest, match=words):
        read_model_page(query)


@pytest.mark.parametrize("name", ["after_id", "before_id"])
def test_a_page_cannot_begin_at_a_model_nobody_has(name):
    with pytest.raises(InvalidRequest, match=f"{name}: the list has no model 'nobody'"):
        page(**{name: "nobody"})


# --- stages ---


@pytest.mark.parametrize(
    "query",
    ["lifecycle=active,retired", "lifecycle[]=active&lifecycle[]=retired", "lifecycle[0]=active&lifecycle=retired"],
)
def test_stages_are_read_as_any_sdk_writes_them(query):
    assert read_model_page(query).stages == {"active", "retired"}


@pytest.mark.parametrize(
    ("stages", "found"),
    [
        ({"active"}, [OPUS]),
        ({"deprecated"}, [LEGACY]),
        ({"retired"}, [RETIRED]),
        ({"active", "retired"}, [OPUS, RETIRED]),
    ],
)
def test_models_are_found_by_their_stage(stages, found):
    assert in_stages([OPUS, LEGACY, RETIRED], frozenset(stages), NOW) == found
    assert {model(row)["lifecycle"] for row in found} == stages


@pytest.mark.parametrize("changes", [{"streaming": False}, {"output_modalities": ("IMAGE",)}, {"invoke_id": ""}])
def test_a_legacy_model_that_never_could_chat_is_in_no_stage(changes):
    assert in_stages([replace(LEGACY, **changes)], frozenset({"deprecated"}), NOW) == []
