"""Write the seed file from what the emulator of Bedrock's control plane knows: `python -m scripts.model_seed`."""

import json
from pathlib import Path
from typing import Any

from scripts.model_seed.seed import seed_file

_TARGET = Path(__file__).parents[2] / "layers/common/sluice/model_seed.json"


def main() -> None:
    """Write the file."""
    _TARGET.write_text(one_line_a_model(seed_file()), encoding="utf-8")


def one_line_a_model(seed: dict[str, Any]) -> str:
    """Spell the file so that a diff shows which models changed."""
    models = ",\n".join(_compact(model) for model in seed["models"])
    return f'{{"geographies":{_compact(seed["geographies"])},\n"models":[\n{models}\n]}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
