from collections.abc import Iterator

import pytest
from integration.stack.local_stack import LocalStack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack as `make local` leaves it running."""
    with running(tmp_path_factory.mktemp("stack") / ".local") as stack:
        yield stack
