import json
from copy import replace

from sluice.keys import KeyRow
from sluice.usage import Used
from sluice_cli.key_page import Use, introduction, introduction_json, key_page, key_page_json
from sluice_cli.policy_view import Taken

NOW = 1_700_000_000
ALICE = KeyRow(
    key_id="abcdefghijklmnop",
    secret_sha256="5ec4e7",
    name="alice",
    created_at=NOW,
    owner="Search",
    expires_at=NOW + 86_400,
    previous_sha256="01d5ec4e7",
    previous_until=NOW + 3_600,
    rotated_at=NOW,
    tags={"team": "search", "env": "prod"},
    policy_json='{"limits":{"requests_per_minute":60},"budget":{"nano_usd_per_month":5000000000}}',
)
PLAIN = KeyRow("abcdefghijklmnop", "5ec4e7", "alice", NOW)
USE = Use(Used(), Used(requests=2, input_tokens=7, cost_nano_usd=20_000_000), Taken(1_000_000, 30_000_000))


def test_a_page_has_a_line_for_all_that_is_known():
    assert key_page(ALICE, NOW, USE) == (
        "abcdefghijklmnop\n"
        "\n"
        "  Name                 alice\n"
        "  Owner                Search\n"
        "  State                active\n"
        "  Created              2023-11-14 22:13 UTC\n"
        "  Expires              2023-11-15 22:13 UTC\n"
        "  Secret made          2023-11-14 22:13 UTC\n"
        "  Secret before it     good until 2023-11-14 23:13 UTC\n"
        "  Tags                 team=search, env=prod\n"
        "  Requests per minute  60\n"
        "  Budget per month     $5, of which $0.03 is spent or set aside\n"
        "  When it is spent     requests are refused\n"
        "  Used today           nothing\n"
        "  Used this month      2 requests, 7 tokens, $0.02"
    )


def test_a_plain_key_may_do_everything_for_ever():
    assert key_page(PLAIN, NOW) == (
        "abcdefghijklmnop\n"
        "\n"
        "  Name     alice\n"
        "  State    active\n"
        "  Created  2023-11-14 22:13 UTC\n"
        "  Expires  never\n"
        "  May do   everything"
    )


def test_json_has_the_key_and_its_use():
    page = json.loads(key_page_json(ALICE, NOW, USE))
    assert (page["id"], page["policy"]["budget"]) == ("abcdefghijklmnop", {"usd_per_month": 5.0, "at_limit": "block"})
    assert page["used_today"]["requests"] == 0
    assert (page["used_this_month"]["input_tokens"], page["used_this_month"]["cost_usd"]) == (7, 0.02)
    assert page["budget_taken"] == {"usd_today": 0.001, "usd_this_month": 0.03}


def test_a_policy_of_a_newer_version_is_said_to_allow_nothing():
    newer = replace(PLAIN, policy_json='{"moon_phase":"full"}')
    assert "  May do   nothing: the policy cannot be read: " in key_page(newer, NOW)


def test_a_rotation_says_what_becomes_of_the_secret_before():
    said = introduction("slc_…", ALICE, None, NOW)
    assert "\nThe secret before it is good until 2023-11-14 23:13 UTC.\nIt expires 2023-11-15 22:13 UTC.\n" in said
    at_once = replace(ALICE, previous_sha256="", previous_until=0, expires_at=0)
    assert "\nThe secret before it stops working within 30 seconds.\nClients " in introduction(
        "slc_…", at_once, None, NOW
    )


def test_a_new_secret_that_opens_nothing_says_so():
    said = introduction("slc_…", replace(PLAIN, disabled=True, expires_at=NOW - 1), None, NOW)
    assert "\nThe key is disabled: `sluice keys enable` lets it in.\nIt expired 2023-11-14 22:13 UTC.\n" in said


def test_json_has_the_secret_once_and_the_url():
    value = json.loads(introduction_json("slc_…", PLAIN, "https://example.com/", NOW))
    assert (value["key"], value["id"], value["url"]) == ("slc_…", "abcdefghijklmnop", "https://example.com/")


def test_no_hash_is_shown():
    shown = key_page(ALICE, NOW) + key_page_json(ALICE, NOW, USE)
    assert "5ec4e7" not in shown + introduction("slc_…", ALICE, "", NOW) + introduction_json("slc_…", ALICE, "", NOW)
