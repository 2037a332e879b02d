"""Counters for Prometheus: requests, their time, what the outbox owes. One registry an app."""

from math import inf

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from repository.wiring import Repository


class Metrics:
    """What one app counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "tangthu_requests", "Answered requests.", ["method", "status"], registry=self._registry
        )
        self._seconds = Histogram("tangthu_request_seconds", "Time of requests.", registry=self._registry)
        self._pending = Gauge("tangthu_outbox_pending", "Changes not yet indexed.", registry=self._registry)
        self._unsealed = Gauge(
            "tangthu_log_unsealed", "Audit records not sealed yet.", registry=self._registry
        )
        self._age = Gauge(
            "tangthu_log_unsealed_age_seconds", "Age of the oldest of them.", registry=self._registry
        )
        self._incidents = Gauge(
            "tangthu_incidents_open", "Incidents that nobody settled yet.", registry=self._registry
        )
        self._leaves = Gauge("tangthu_log_leaves", "Sealed audit records.", registry=self._registry)
        self._backup = Gauge(
            "tangthu_backup_age_seconds",
            "Age of the last good backup; +Inf without one.",
            registry=self._registry,
        )
        self._backup_bytes = Gauge("tangthu_backup_bytes", "Bytes of its objects.", registry=self._registry)
        self._drill = Gauge(
            "tangthu_drill_passed", "Whether the last restore drill passed.", registry=self._registry
        )
        self._drill_age = Gauge(
            "tangthu_drill_age_seconds", "Age of the last drill; +Inf without one.", registry=self._registry
        )
        self._parked = Gauge("tangthu_outbox_parked", "Changes that keep failing.", registry=self._registry)

    def count(self, method: str, status: int, seconds: float) -> None:
        """Notes one answered request."""
        self._requests.labels(method, str(status)).inc()
        self._seconds.observe(seconds)

    async def page(self, repository: Repository) -> bytes:
        """The page that a Prometheus server reads."""
        self._pending.set(await repository.outbox.behind())
        self._parked.set(await repository.outbox.count_parked())
        self._incidents.set(await repository.incidents.count_open())
        status = await repository.log.sealer.status()
        self._unsealed.set(status.unsealed)
        self._age.set(status.age)
        self._leaves.set(status.size)
        await self._copies(repository)
        return generate_latest(self._registry)

    async def _copies(self, repository: Repository) -> None:
        standing = await repository.backups.standing()
        self._backup.set(standing.age.total_seconds() if standing.age is not None else inf)
        self._backup_bytes.set(standing.last["bytes"] if standing.last else 0)
        self._drill.set(bool(standing.drill and standing.drill["passed"]))
        self._drill_age.set(standing.drill_age.total_seconds() if standing.drill_age is not None else inf)
