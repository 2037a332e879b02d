"""Counters for Prometheus: requests, their time, what the outbox owes. One registry an app."""

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
        self._unsealed = Gauge("tangthu_log_unsealed", "Audit records not sealed yet.", registry=self._registry)
        self._age = Gauge(
            "tangthu_log_unsealed_age_seconds", "Age of the oldest of them.", registry=self._registry
        )
        self._leaves = Gauge("tangthu_log_leaves", "Sealed audit records.", registry=self._registry)
        self._parked = Gauge("tangthu_outbox_parked", "Changes that keep failing.", registry=self._registry)

    def count(self, method: str, status: int, seconds: float) -> None:
        """Notes one answered request."""
        self._requests.labels(method, str(status)).inc()
        self._seconds.observe(seconds)

    async def page(self, repository: Repository) -> bytes:
        """The page that a Prometheus server reads."""
        self._pending.set(await repository.outbox.behind())
        self._parked.set(await repository.outbox.count_parked())
        status = await repository.log.sealer.status()
        self._unsealed.set(status.unsealed)
        self._age.set(status.age)
        self._leaves.set(status.size)
        return generate_latest(self._registry)
