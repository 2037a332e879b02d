"""The local engines as child processes on loopback: SeaweedFS, SecantusDB and, where it is installed, clamd.

`Stack` starts, watches, restarts and stops them in one data folder; `find_running` reads the addresses of a
stack that another process holds; `engines_for` gives either those or the engines that TANGTHU_*_URL names.
"""

from ops.stack.addresses import EngineAddresses
from ops.stack.choice import engines_for
from ops.stack.folder import StackBusy
from ops.stack.process import EngineFailed
from ops.stack.stack import Stack, find_running

__all__ = ["EngineAddresses", "EngineFailed", "Stack", "StackBusy", "engines_for", "find_running"]
