"""Settings: read once from the environment, refused with the name of the variable."""

from pathlib import Path

import pytest

from repository import errors
from repository.settings import Settings, environment_of, from_environment


def test_nothing_set_gives_the_documented_defaults() -> None:
    found = from_environment({})
    assert (
        found == Settings()
        and found.search == "tantivy:data/search"
        and found.staging == Path("data/staging")
    )


def test_variables_become_fields_of_their_type() -> None:
    given = {"TANGTHU_DATA": "/srv/x", "TANGTHU_PORT": "9", "TANGTHU_MONGO_URL": "mongodb://h", "OTHER": "y"}
    found = from_environment(given)
    assert (found.data, found.port, found.mongo_url) == (Path("/srv/x"), 9, "mongodb://h")


def test_what_the_caller_chooses_wins_and_none_chooses_nothing() -> None:
    found = from_environment({"TANGTHU_PORT": "9", "TANGTHU_HOST": "h"}, port=10, host=None)
    assert (found.port, found.host) == (10, "h")


@pytest.mark.parametrize(
    "given", [{"TANGTHU_PORT": "many"}, {"TANGTHU_MAX_FILE_SIZE": "2G"}, {"TANGTHU_DOWNLOADS": "push"}]
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(given: dict[str, str]) -> None:
    with pytest.raises(errors.Invalid) as refused:
        from_environment(given)
    assert next(iter(given)) in str(refused.value)


def test_a_child_process_reads_the_same_settings_back() -> None:
    chosen = Settings(data=Path("/srv/x"), port=1, s3_secret_key="s", trust_anchors="a:b", max_file_size=7)
    assert from_environment(environment_of(chosen)) == chosen
