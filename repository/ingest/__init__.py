"""Taking files in: receive, scan, recognise, hash, store."""

from repository.ingest.receive import ReceivedFile, Receiver, clean_filename
from repository.ingest.refusals import BadFilename, DigestMismatch, EmptyFile, FormatRefused, MalwareFound
from repository.ingest.scanner import ClamdScanner, EicarScanner, Scan, Scanner
from repository.ingest.staging import Staging

__all__ = [
    "BadFilename",
    "ClamdScanner",
    "DigestMismatch",
    "EicarScanner",
    "EmptyFile",
    "FormatRefused",
    "MalwareFound",
    "ReceivedFile",
    "Receiver",
    "Scan",
    "Scanner",
    "Staging",
    "clean_filename",
]
