"""What an installation may choose, read once from the environment (`TANGTHU_*`) into one frozen object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from repository import errors

_PREFIX: Final = "TANGTHU_"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Field `mongo_url` is read from `TANGTHU_MONGO_URL`, and so on. Secrets never appear in the repr."""

    data: Path = Path("data")
    """Folder of local state: staged uploads, the local engines, the Tantivy index."""
    mongo_url: str = field(default="mongodb://127.0.0.1:27017", repr=False)
    mongo_database: str = "tangthu"
    s3_url: str = "http://127.0.0.1:9000"
    s3_access_key: str = field(default="", repr=False)
    s3_secret_key: str = field(default="", repr=False)
    s3_eraser_access_key: str = field(default="", repr=False)
    s3_eraser_secret_key: str = field(default="", repr=False)
    """Key pair of the store that may remove one version by its id: for the worker only; empty: nothing is erased."""
    s3_bucket: str = "tangthu"
    s3_region: str = "us-east-1"
    search_url: str = ""
    """`tantivy:FOLDER` or the address of Elasticsearch; empty means Tantivy in the data folder."""
    clamd_url: str = ""
    """`unix:/path` or `tcp:host:port`; empty means that no scanner is there and nothing can be issued."""
    max_file_size: int = 2 * 1024**3
    """Largest file in bytes."""
    downloads: str = "stream"
    """`stream` through the service, or `redirect` to a short-lived presigned address of the store."""
    trust_anchors: str = ""
    """PEM files, separated by `:`, trusted besides the built-in rule data (a test PKI; never in production)."""
    revocation: str = "tried"
    """`required`: no signature passes without revocation evidence at hand; `tried`: its absence is said."""
    tsa_url: str = ""
    """Time stamping authority (RFC 3161) for signatures made here; empty means none: level B-B only."""
    pkcs11_module: str = ""
    """Library of the signing device at the server (PKCS#11); empty means none."""
    signer_url: str = ""
    """Remote signing service, https (or loopback); empty means none."""
    signer_token: str = field(default="", repr=False)
    """What the remote signing service knows this installation by."""
    signer_ca: str = ""
    """PEM file with the roots of that service's certificate; empty means the system's."""
    signing_fetch: str = "no"
    """`yes`: revocation lists that are not at hand are fetched when a signature is made."""
    host: str = "127.0.0.1"
    port: int = 8071
    tls_certificate: str = ""
    tls_key: str = ""
    secret: str = field(default="", repr=False)
    """Key of the CSRF tokens; empty means a fresh one at each start."""
    account_key: str = field(default="", repr=False)
    """Key that second-factor secrets are sealed with; empty means one made once in the data folder."""
    admin_totp: str = "required"
    """`required`: administrators work with a second factor only (QCVN 12:2026); `optional` in a trial."""
    log_origin: str = ""
    """Name that the sealed log signs under (C2SP origin, a name without a scheme); empty: `tangthu/DATABASE`."""
    log_key: str = field(default="", repr=False)
    """Its signing key (`PRIVATE+KEY+…`), the same for all workers; empty means one made once in the data folder."""
    witness_url: str = ""
    """Address of a witness (C2SP tlog-witness) that co-signs checkpoints; empty means none."""
    witness_key: str = ""
    """The witness's public key, as it writes it (`name+id+base64`)."""
    oidc_issuer: str = ""
    """Address of an OpenID Connect provider that people may also log in with; empty means none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_label: str = "tài khoản công vụ"
    """What the login page calls that provider."""
    backup_to: str = ""
    """A folder, or `s3:ADDRESS/BUCKET`, in another place than the store; empty means that nothing is backed up."""
    backup_key: str = ""
    """File with the age identity that backups are sealed with (`tangthu backup key FILE`); keep a copy elsewhere."""
    backup_access_key: str = field(default="", repr=False)
    backup_secret_key: str = field(default="", repr=False)
    backup_keep: int = 2
    """Full backups kept, each with its increments; never fewer than two."""
    backup_rate: int = 0
    """Most MiB a second read from the store by a backup; 0 means no limit."""
    contact: str = "Tổ CNTT – Văn phòng UBND"
    """Whom people call when something fails (Đ10.4b)."""

    @property
    def staging(self) -> Path:
        return self.data / "staging"

    @property
    def previews(self) -> Path:
        """Pictures of pages, by the SHA-256 of the version: derived, forgotten with it."""
        return self.data / "previews"

    @property
    def log_name(self) -> str:
        return self.log_origin or f"tangthu/{self.mongo_database}"

    @property
    def search(self) -> str:
        return self.search_url or f"tantivy:{self.data / 'search'}"


def from_environment(environment: Mapping[str, str] = os.environ, **chosen: object) -> Settings:
    """Settings from the environment; `chosen` wins. Raises Invalid naming the variable that cannot be read."""
    values: dict[str, object] = {}
    for one in fields(Settings):
        text = environment.get(_PREFIX + one.name.upper())
        if text is None:
            continue
        try:
            values[one.name] = Path(text) if one.type is Path else int(text) if one.type is int else text
        except ValueError as fault:
            raise errors.Invalid(why=f"{_PREFIX}{one.name.upper()}={text!r}") from fault
    values.update({name: value for name, value in chosen.items() if value is not None})
    found = Settings(**values)  # type: ignore[arg-type]
    if found.downloads not in ("stream", "redirect"):
        raise errors.Invalid(why=f"{_PREFIX}DOWNLOADS={found.downloads!r} (stream | redirect)")
    if found.signing_fetch not in ("yes", "no"):
        raise errors.Invalid(why=f"{_PREFIX}SIGNING_FETCH={found.signing_fetch!r} (yes | no)")
    if found.revocation not in ("tried", "required"):
        raise errors.Invalid(why=f"{_PREFIX}REVOCATION={found.revocation!r} (tried | required)")
    if found.admin_totp not in ("required", "optional"):
        raise errors.Invalid(why=f"{_PREFIX}ADMIN_TOTP={found.admin_totp!r} (required | optional)")
    return found


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that `from_environment` reads these settings back from, for a child process."""
    return {f"{_PREFIX}{name.upper()}": str(value) for name, value in vars(settings).items()}
