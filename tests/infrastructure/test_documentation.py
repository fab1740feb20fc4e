"""`docs/deploying.md` and `samconfig.toml` say what the template says."""

import re
import tomllib

from infrastructure.expansion import PROJECT, expand, parameters

DEPLOYING = (PROJECT / "docs/deploying.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (?:`([^`]+)`|empty) \|", re.MULTILINE)


def test_every_parameter_stands_in_the_table_with_its_default() -> None:
    defaults = {name: str(parameter["Default"]) for name, parameter in parameters().items()}
    assert dict(ROW.findall(DEPLOYING)) == defaults


def test_the_outputs_that_the_page_names_exist() -> None:
    named = set(re.findall(r"OutputKey=='(\w+)'", DEPLOYING)) | {"FunctionUrl", "NextSteps"}
    assert named <= expand().outputs.keys()


def test_every_event_is_named() -> None:
    missing = [path.stem for path in (PROJECT / "events").glob("*.json") if f"`{path.stem}`" not in DEPLOYING]
    assert missing == []


def test_samconfig_agrees_with_itself_for_each_architecture() -> None:
    config = tomllib.loads((PROJECT / "samconfig.toml").read_text())
    default, other = config["default"], config["x86_64"]
    assert default["global"]["parameters"].pop("parameter_overrides") == ["Architecture=arm64"]
    assert other["global"]["parameters"].pop("parameter_overrides") == ["Architecture=x86_64"]
    assert default == other
