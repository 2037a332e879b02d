"""The tamper-evident log: what happened, by whom, when, with a hash of the record's canonical content."""

from repository.audit.actions import Action
from repository.audit.record import Subject, canonical, content_hash, make

__all__ = ["Action", "Subject", "canonical", "content_hash", "make"]
