"""What must not lie in the tree: places of the maker's machine, addresses of package mirrors, malware,
keys.
"""

import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

from tests.data.make_bad import eicar
from tests.house.source import ROOT, name, texts, tracked


def mirrors() -> set[str]:
    """Host names of the package registry that this machine installs from, whatever it is."""
    configured = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, check=False, text=True
    ).stdout
    configured += " ".join(
        value for key, value in os.environ.items() if key.startswith(("PIP_", "UV_", "npm_", "GOPROXY"))
    )
    return {
        host for url in re.findall(r"https?://[^\s'\",|]+", configured) if (host := urlsplit(url).hostname)
    }


def test_no_mirror_is_named() -> None:
    options = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host")
    hosts = mirrors()
    found = [name(path) for path, text in texts() if any(host in text for host in hosts)]
    found += [name(path) for path, text in texts() if options.search(text) and path.name != "test_secrets.py"]
    assert not found


def test_no_place_of_this_machine_is_named() -> None:
    places = [str(ROOT), str(ROOT.parent / "shared")] if len(ROOT.parts) > 2 else []
    assert [name(path) for path, text in texts() if any(one in text for one in places)] == []


def test_the_malware_test_string_is_nowhere_in_clear() -> None:
    assert [name(path) for path in tracked() if eicar() in path.read_bytes()] == []


def test_no_private_key_is_kept() -> None:
    begin = "-----BEGIN " + "(RSA |EC |ENCRYPTED )?PRIVATE KEY-----"
    assert [name(path) for path, text in texts() if re.search(begin, text)] == []


def test_settings_never_show_their_secrets() -> None:
    from repository.settings import Settings

    shown = repr(
        Settings(
            mongo_url="mongodb://u:hush1@x", s3_access_key="hush2", s3_secret_key="hush3", secret="hush4"
        )
    )
    assert "hush" not in shown
