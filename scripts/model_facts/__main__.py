"""Write the facts file from a litellm wheel: `python -m scripts.model_facts WHEEL`.

The table is `litellm/model_prices_and_context_window_backup.json` in the wheel; supplement.toml beside adds what it
does not say of models, and traits.toml what requests of their families look like.
"""

import argparse
import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from scripts.model_facts.table import facts_file

_TABLE = "litellm/model_prices_and_context_window_backup.json"
_TARGET = Path(__file__).parents[2] / "layers/common/sluice/model_facts.json"


def main() -> None:
    """Read the wheel, write the file."""
    parser = argparse.ArgumentParser(prog="make model-facts", description=__doc__)
    parser.add_argument("wheel", type=Path, help="litellm-….whl")
    wheel: Path = parser.parse_args().wheel
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read(_TABLE))
    facts = facts_file(table, _read("supplement.toml"), _read("traits.toml"), version=wheel.name.split("-")[1])
    _TARGET.write_text(_one_line_a_model(facts), encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _one_line_a_model(facts: dict[str, Any]) -> str:
    """Spell the file so that a new version's diff shows which models changed."""
    models = ",\n".join(f"{json.dumps(model_id)}:{_compact(entry)}" for model_id, entry in facts["models"].items())
    head = {name: member for name, member in facts.items() if name != "models"}
    return f'{_compact(head)[:-1]},\n"models":{{\n{models}\n}}}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
