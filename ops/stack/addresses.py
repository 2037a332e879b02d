"""Where running engines are reached, as one value and as the settings that the program reads."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class EngineAddresses:
    """Secrets are kept out of the repr, so that a log line cannot leak them."""

    mongo_url: str
    s3_url: str
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)
    s3_eraser_access_key: str = field(repr=False)
    s3_eraser_secret_key: str = field(repr=False)
    bucket: str
    clamd: str | None
    """`unix:/path` or `tcp:host:port`; None where this machine has no clamd."""
    search_dir: Path

    def as_environment(self) -> dict[str, str]:
        """The TANGTHU_* settings that make the program use these engines."""
        return {
            "TANGTHU_MONGO_URL": self.mongo_url,
            "TANGTHU_S3_URL": self.s3_url,
            "TANGTHU_S3_ACCESS_KEY": self.s3_access_key,
            "TANGTHU_S3_SECRET_KEY": self.s3_secret_key,
            "TANGTHU_S3_ERASER_ACCESS_KEY": self.s3_eraser_access_key,
            "TANGTHU_S3_ERASER_SECRET_KEY": self.s3_eraser_secret_key,
            "TANGTHU_S3_BUCKET": self.bucket,
            "TANGTHU_CLAMD_URL": self.clamd or "",
            "TANGTHU_SEARCH_URL": f"tantivy:{self.search_dir}",
        }

    def lines(self) -> list[str]:
        """What may be shown to people: addresses, no keys."""
        return [
            f"Dữ liệu mô tả (SecantusDB): {self.mongo_url}",
            f"Kho tệp (SeaweedFS, S3):    {self.s3_url}/{self.bucket}",
            f"Quét mã độc (clamd):        {self.clamd or 'không có'}",
            f"Chỉ mục tìm kiếm (Tantivy): {self.search_dir}",
        ]
