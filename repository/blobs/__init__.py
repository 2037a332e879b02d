"""The content store: bytes under their SHA-256, written once, locked from birth, never deleted from here."""

from repository.blobs.digest import Digest
from repository.blobs.store import BlobStat, BlobStore, BucketUnfit, Reread, Source, Surveyed

__all__ = ["BlobStat", "BlobStore", "BucketUnfit", "Digest", "Reread", "Source", "Surveyed"]
