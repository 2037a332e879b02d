import pytest

from tests.repository.signatures.forge import Forge, paper


@pytest.fixture(scope="session")
def forge(tmp_path_factory):
    return Forge(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def full(forge):
    """Signed by the person, then by the agency."""
    return forge.sign(forge.sign(paper(), "person"), "agency")


@pytest.fixture
def check(forge, tmp_path):
    """Validates bytes with the test anchors unless told otherwise."""
    from repository.signatures.verify import validate

    def run(content, **options):
        path = tmp_path / "tep"
        path.write_bytes(content)
        return validate(str(path), forge.options(**options))

    return run
