"""The measurements that decisions stand on can still be taken: each script is read with the code that it measures."""

import runpy
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "decisions" / "measurements").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_measurement_still_knows_what_it_measures(script: Path) -> None:
    assert callable(runpy.run_path(str(script))["main"])
