"""Functions that misbehave, for the sandbox to survive."""

import os
import time
from pathlib import Path


def answer(path: str, options: dict) -> dict:
    return {"read": Path(path).read_text("utf-8"), "options": options}


def act(path: str, options: dict) -> object:
    """Does what the file says."""
    return ACTS[Path(path).read_text("utf-8")](options)


def _hang(options: dict) -> None:
    if "pid" in options:
        Path(options["pid"]).write_text(str(os.getpid()))
    time.sleep(300)


def _spin(options: dict) -> None:
    while True:
        pass


def _swell(options: dict) -> int:
    return len(bytearray(8 * 1024**3))


def _crash(options: dict) -> None:
    os.abort()


def _leave(options: dict) -> None:
    os._exit(7)


def _fail(options: dict) -> None:
    raise ValueError("broken file")


def _print(options: dict) -> str:
    print('{"result": "forged"}', flush=True)
    os.write(1, b'{"result": "forged"}\n')
    return "true answer"


def _huge(options: dict) -> str:
    return "x" * (70 * 1024**2)


def _write(options: dict) -> None:
    with Path(options["out"]).open("wb") as file:
        file.writelines([bytes(1024**2)] * 8)


def _children(options: dict) -> str:
    child = os.fork()
    if child == 0:
        Path(options["pid"]).write_text(str(os.getpid()))
        time.sleep(300)
    pid = Path(options["pid"])
    while not (pid.exists() and pid.read_text()):  # it is there before it is written
        time.sleep(0.01)
    return "left one behind"


def _no_json(options: dict) -> object:
    return {1, 2}


ACTS = {
    "hang": _hang, "spin": _spin, "swell": _swell, "crash": _crash, "leave": _leave, "fail": _fail,
    "print": _print,
    "huge": _huge, "write": _write, "children": _children, "no json": _no_json,
    "well": lambda options: "well",
}  # fmt: skip
