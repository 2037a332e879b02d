"""Settings in, the place and the key of backups out."""

from pathlib import Path

from ops.backup.copies import BackupCopies
from ops.backup.keys import Key
from ops.backup.place import FolderPlace, Place
from ops.backup.refusals import NoPlace
from ops.backup.sets import Sets
from repository.settings import Settings


def place_of(settings: Settings, to: str = "") -> Place:
    """The place that `to` or the settings name. Raises NoPlace."""
    where = to or settings.backup_to
    if not where:
        raise NoPlace
    if where.startswith("s3:"):
        from ops.backup.s3 import BucketPlace  # its client is wanted by nobody else

        return BucketPlace(
            where[3:], settings.backup_access_key, settings.backup_secret_key,
            drafts=settings.data.absolute() / "backup-drafts",
        )  # fmt: skip
    return FolderPlace(Path(where).absolute())


def sets_of(settings: Settings, to: str = "") -> Sets:
    """Raises NoPlace, NoKey, KeyUnreadable."""
    return Sets(place=place_of(settings, to), key=Key.read(settings.backup_key))


def copies_of(settings: Settings) -> BackupCopies | None:
    """Where a damaged object may be fetched from; None where nothing is backed up."""
    if not (settings.backup_to and settings.backup_key):
        return None
    sets = sets_of(settings)
    return BackupCopies(place=sets.place, key=sets.key)
