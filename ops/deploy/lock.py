"""Turn pip's installation report into requirements.lock: every version pinned, with its file's hash.

pip install --dry-run --ignore-installed --report report.json … && python ops/deploy/lock.py report.json
"""

import json
import sys
from pathlib import Path

_HEAD = """\
# Made by `make lock`; do not edit. The hashes are those of CPython 3.11 on Linux x86_64 (see Makefile).
"""


def main() -> None:
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines: list[str] = []
    for each in report["install"]:
        name = each["metadata"]["name"].lower().replace("_", "-")
        if "dir_info" in each["download_info"]:  # the project itself
            continue
        digest = each["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name}=={each['metadata']['version']} \\\n    --hash=sha256:{digest}\n")
    sys.stdout.write(_HEAD + "".join(sorted(lines)))


if __name__ == "__main__":
    main()
