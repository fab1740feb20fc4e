"""Every reply that Converse gives in one piece, in every dialect, as exact bytes: `make golden` writes them anew."""

from typing import Any

import orjson
import pytest
from gateway.converse.structured import OUTPUT_TOOL
from gateway.errors import StreamBroken
from golden.cases import IN_ONE_PIECE, STRUCTURED, UNTELLABLE, WHOLE, WHOLE_FOLDER
from golden.dialects import TELLERS, opened

every_dialect = pytest.mark.parametrize("dialect", TELLERS)


def recording(case: str) -> Any:
    return orjson.loads((WHOLE_FOLDER / case / "recording.json").read_bytes())


@every_dialect
@pytest.mark.parametrize("case", WHOLE)
def test_a_reply_becomes_exactly_these_bytes(case: str, dialect: str, *, updates_golden: bool) -> None:
    path = WHOLE_FOLDER / case / dialect
    told = opened(orjson.dumps(TELLERS[dialect](recording(case), OUTPUT_TOOL if case == STRUCTURED else "")))
    if updates_golden:
        path.write_bytes(told)
    assert told == path.read_bytes()


# What no SDK knows yet is not in a whole reply: the emulator makes none of it.
@every_dialect
@pytest.mark.parametrize("case", [case for case in UNTELLABLE if case != "unknown-content"])
def test_what_cannot_be_told_is_an_error(case: str, dialect: str) -> None:
    with pytest.raises(StreamBroken):
        TELLERS[dialect](recording(case), "")


def test_every_folder_is_a_case_and_every_file_is_compared() -> None:
    found = {path.relative_to(WHOLE_FOLDER).as_posix() for path in WHOLE_FOLDER.rglob("*") if path.is_file()}
    told = {f"{case}/{dialect}" for case in WHOLE for dialect in TELLERS}
    assert found == told | {f"{case}/recording.json" for case in IN_ONE_PIECE}
