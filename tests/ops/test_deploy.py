"""compose.yaml as far as it can be checked without a container engine: shape, settings, closed doors."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from repository.settings import Settings

DEPLOY = Path(__file__).parents[2] / "ops" / "deploy"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_every_image_is_pinned_and_every_lasting_service_is_watched(compose):
    for name, service in compose["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert tag not in ("", "latest") and any(sign.isdigit() for sign in tag), name
        if (
            "restart" in service and name != "worker"
        ):  # the worker opens no port; its lease tells whether it lives
            assert "healthcheck" in service, name


def test_only_the_service_is_reached_from_outside_and_only_on_loopback(compose):
    open_doors = {name: each["ports"] for name, each in compose["services"].items() if "ports" in each}
    assert open_doors == {"service": ["127.0.0.1:8071:8071"]}
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("minio", "mongodb", "elasticsearch"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_its_settings_are_settings_of_the_program(compose):
    known = {f"TANGTHU_{each.name.upper()}" for each in fields(Settings)}
    for name in ("service", "worker"):
        assert set(compose["services"][name]["environment"]) <= known


def test_every_mounted_file_is_there(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            # The certificate is the installation's own; secrets.env and tls/ are ignored by git.
            assert source == "./tls" or source in compose["volumes"] or (DEPLOY / source).is_file(), volume


def test_the_store_identity_may_delete_nothing():
    policy = json.loads((DEPLOY / "minio-policy.json").read_text(encoding="utf-8"))
    allowed = {
        action for each in policy["Statement"] if each["Effect"] == "Allow" for action in each["Action"]
    }
    assert not {action for action in allowed if "Delete" in action or "Bypass" in action or "*" in action}


def test_secrets_are_made_for_every_name_and_differ_each_time():
    def made() -> dict[str, str]:
        said = subprocess.run(
            [sys.executable, DEPLOY / "make_secrets.py"], capture_output=True, text=True, check=True
        )
        return dict(line.split("=") for line in said.stdout.splitlines())

    one, two = made(), made()
    assert one.keys() == two.keys() >= {"S3_ROOT_PASSWORD", "MONGO_SERVICE_PASSWORD", "TANGTHU_SECRET"}
    assert not set(one.values()) & set(two.values())
