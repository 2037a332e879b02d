"""Writes the honest set into the folder that is named."""

import sys
from pathlib import Path

from tests.repository.signatures.honest import write

write(Path(sys.argv[1]))
