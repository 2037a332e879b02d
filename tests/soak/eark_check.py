"""Asks the E-ARK validator about packages; run by a Python that has `eark-validator` (it pins an older lxml than ours).

It fetches four vocabularies when it is imported; they lie in its own folder, too, and are taken from there.
"""

import importlib.util
import json
import sys
import urllib.request
from pathlib import Path

FOLDER = Path(importlib.util.find_spec("eark_validator").origin).parent / "ipxml" / "resources" / "vocabs"
urllib.request.urlopen = lambda address: (FOLDER / address.rpartition("/")[2]).open("rb")


def main(paths: list[str]) -> None:
    from eark_validator.packages import PackageValidator
    from eark_validator.specifications.specification import SpecificationVersion

    for path in paths:
        report = PackageValidator(Path(path), SpecificationVersion.V2_0_4).validation_report
        told = json.loads(report.model_dump_json())
        print(json.dumps({"path": path, "structure": told["structure"], "metadata": told["metadata"]}))


if __name__ == "__main__":
    main(sys.argv[1:])
