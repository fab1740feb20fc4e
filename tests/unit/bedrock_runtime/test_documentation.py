import dataclasses
import json
import re
from pathlib import Path

import pytest
from sluice_local.bedrock_runtime import Delivery, Settings, library_names
from sluice_local.bedrock_runtime.__main__ import _parser
from sluice_local.bedrock_runtime.scenarios.reading import _STEPS, read_scenario

PAGE = (Path(__file__).parents[3] / "docs" / "emulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", library_names())
def test_every_scenario_of_the_library_is_described(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("word", [field.name for kind in (Delivery, Settings) for field in dataclasses.fields(kind)])
def test_every_setting_is_described(word):
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("step", _STEPS)
def test_every_step_is_described(step):
    assert f'`{{"{step}": ' in PAGE


def test_every_option_of_the_command_is_described():
    options = [action.option_strings[0] for action in _parser()._actions if "--help" not in action.option_strings]
    assert all(f"`{option}" in PAGE for option in options)


def test_the_scenario_of_the_page_can_be_read():
    [document] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(read_scenario(json.loads(document)).steps) > 6


def test_no_scenario_is_described_that_there_is_none_of():
    table = PAGE.partition("## Scenarios by model id")[2].partition("## Scenarios of your own")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    described = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert described == set(library_names())
