"""`tangthu verify FILE`: proves an evidence package offline. No settings, no database, no network are touched."""

import argparse

from repository.evidence import verify


def arguments(parser: argparse.ArgumentParser) -> None:
    verify.arguments(parser)


async def run(options: argparse.Namespace) -> int:
    return verify.run(options)
