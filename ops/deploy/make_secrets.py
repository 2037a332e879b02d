"""Print a fresh secrets.env for compose.yaml: python3 ops/deploy/make_secrets.py > ops/deploy/secrets.env"""

import re
import secrets
import sys
from pathlib import Path


def main() -> None:
    # The names are those that compose.yaml refuses to start without.
    names = re.findall(
        r"\$\{([A-Z0-9_]+):\?\}", Path(__file__).with_name("compose.yaml").read_text(encoding="utf-8")
    )
    sys.stdout.writelines(f"{name}={secrets.token_hex(24)}\n" for name in sorted(set(names)))


if __name__ == "__main__":
    main()
