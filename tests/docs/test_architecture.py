"""`docs/architecture.md` draws the layers that import-linter holds."""

import tomllib

from docs.pages import PROJECT, codes, page

ARCHITECTURE = page("docs/architecture.md")
CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def contract(words: str) -> dict[str, list[str]]:
    return next(found for found in CONTRACTS if words in found["name"])


def test_the_layers_are_those_of_the_contract() -> None:
    drawn = next(block for block in ARCHITECTURE.blocks() if block.startswith("handler\n"))
    assert [_modules(line, "·") for line in drawn.splitlines()] == [
        _modules(line, "|") for line in contract("gateway's layers")["layers"]
    ]


def test_the_modules_without_io_are_those_of_the_contract() -> None:
    rules = ARCHITECTURE.section("The layers")
    told = codes(rules.partition("- The core (")[2].partition(")")[0])
    assert {f"gateway.{name}" for name in told} == set(contract("sans-IO")["source_modules"])


def test_every_contract_is_told_of() -> None:
    assert ARCHITECTURE.section("The layers").count("\n- ") == len(CONTRACTS) - 1


def _modules(line: str, separator: str) -> set[str]:
    return {name.strip(" ()") for name in line.split(separator)}
