import pytest
from golden.cases import CASES, write_recording


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected bytes anew")


@pytest.fixture(scope="session")
def updates_golden(request: pytest.FixtureRequest) -> bool:
    """Whether expected bytes are written instead of compared. Recordings are written only where there is none."""
    if not request.config.getoption("update_golden", default=False):
        return False
    for case in CASES:
        write_recording(case)
    return True
