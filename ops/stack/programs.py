"""Where the engines' programs are: wheels put them beside the interpreter, Debian under /usr/sbin."""

import os
import shutil
import sys
from pathlib import Path

from ops.stack.process import EngineFailed


def beside_python(name: str) -> str:
    """A program that a wheel of the extra `local` brought, else one on the PATH."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise EngineFailed(what=name, why="chưa cài; chạy `make setup` hoặc cài tangthu[local]")
    return found


def of_system(name: str) -> str | None:
    """A program of the operating system; daemons are often outside a user's PATH."""
    return shutil.which(
        name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    )
