"""`docs/configuration.md` has a heading for everything that can be set, and for nothing else."""

import ast
import re

import pytest
from docs.pages import PROJECT, codes, page, project_files
from infrastructure.expansion import expand, parameters
from sluice_local.stack.functions import _PASSED_ON
from sluice_local.stack.options import _parser

CONFIGURATION = page("docs/configuration.md")
SECTIONS_OF_VARIABLES = ("Variables of the functions", "Variables of the local stack", "Variables of the tests")
VARIABLE = re.compile(r"SLUICE_[A-Z0-9_]*[A-Z0-9]")


def headed(section: str) -> list[str]:
    return [name for heading in CONFIGURATION.subsections(section) for name in codes(heading)]


def test_every_parameter_of_the_template_has_a_heading() -> None:
    assert sorted(headed("Template parameters")) == sorted(parameters())


@pytest.mark.parametrize(("name", "parameter"), parameters().items(), ids=parameters())
def test_every_default_of_a_parameter_is_told(name: str, parameter: dict[str, object]) -> None:
    told = CONFIGURATION.section("Template parameters", f"`{name}`")
    default = str(parameter["Default"])
    assert re.search(r"\b[Ee]mpty\b" if default == "" else rf"(?<!\d){re.escape(default)}(?!\d)", told)


def test_every_variable_of_ours_that_is_read_or_written_has_a_heading() -> None:
    named = {name for section in SECTIONS_OF_VARIABLES for name in headed(section) if name.startswith("SLUICE_")}
    assert named == _variables_in_code()


def test_every_variable_that_the_template_sets_has_a_heading() -> None:
    functions = expand().of_type("AWS::Lambda::Function").values()
    set_there = {name for function in functions for name in function["Environment"]["Variables"]}
    assert set_there - set(headed("Variables of the functions")) == set()


def test_every_option_of_the_local_stack_has_a_heading() -> None:
    options = {option for action in _parser()._actions for option in action.option_strings if option.startswith("--")}
    assert set(headed("Options of the local stack")) == options - {"--help"}


def test_every_variable_that_the_local_stack_passes_on_is_told() -> None:
    told = CONFIGURATION.section("Variables of the local stack").partition(" go on to the functions.")[0]
    assert codes(told)[2:] == list(_PASSED_ON)


def _variables_in_code() -> set[str]:
    """Every string that is the name of one, wherever it stands; tests may make variables up."""
    found: set[str] = set()
    for name in project_files():
        if name.endswith(".py") and not name.startswith("tests/"):
            tree = ast.parse((PROJECT / name).read_text(encoding="utf-8"))
            strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            found |= {text for text in strings if isinstance(text, str) and VARIABLE.fullmatch(text)}
    read_by_tests = (PROJECT / "tests/sam_local/conftest.py").read_text(encoding="utf-8")
    return found | set(re.findall(r'environ\.get\("(SLUICE_\w+)"', read_by_tests))
