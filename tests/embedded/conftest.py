import tempfile
from pathlib import Path

import pytest

from portal.embedded import run


@pytest.fixture
def folder():
    """A folder that PostgreSQL's own user may enter too; pytest's are closed to it."""
    with tempfile.TemporaryDirectory(prefix="accord-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        run.remove_data(path)
