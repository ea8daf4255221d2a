"""What Prometheus is told about the log, the purge and the holds, asked of PostgreSQL each time.

In a registry of its own: it is the same in every process, so it is told beside what each process
counted, also where several share one scrape.
"""

from collections.abc import Iterator

from django.db import Error
from django.utils import timezone
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from groups.queries import partitions
from portal.core import purge_health
from portal.core.models import Hold, WindowChange


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"accord_{name}", meaning, value=value)


class Retention(Collector):
    def describe(self) -> list[Metric]:
        """Name nothing beforehand: registering would otherwise ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        at = timezone.now()
        log = partitions.get_log(at=at)
        states = GaugeMetricFamily(
            "accord_log_partitions", "Days of the log, by state.", labels=["state"]
        )
        for state in partitions.State:
            states.add_metric(
                [state.name.lower()], sum(row.state is state for row in log.partitions)
            )
        yield states
        yield gauge("log_bytes", "Size of the log with its indexes.", log.bytes)
        yield gauge("log_days_ahead", "Days after today that have a partition.", log.days_ahead)
        yield gauge("log_days_overdue", "Days past the window, not dropped.", len(log.overdue))
        yield gauge("log_window_days", "For how many days the log is kept.", log.days_kept)
        if log.oldest_at:
            age = (at - log.oldest_at).total_seconds()
            yield gauge("log_oldest_seconds", "Age of the oldest event.", age)
        purge = purge_health.get_purge_health()
        if purge.last and purge.last.finished_at:
            age = (at - purge.last.finished_at).total_seconds()
            yield gauge("last_purge_age_seconds", "Since a purge finished.", age)
        yield gauge("purges_failed", "Failed since one finished.", len(purge.failed))
        yield gauge("purge_running", "1 while a purge is at work.", bool(purge.running))
        yield gauge("holds_standing", "Holds that stop deletion.", Hold.objects.standing().count())
        overdue = Hold.objects.overdue(at).count()
        yield gauge("holds_overdue", "Holds whose review is overdue.", overdue)
        waiting = WindowChange.objects.open().count()
        yield gauge("window_changes_waiting", "Windows that wait for approval.", waiting)


REGISTRY = CollectorRegistry()
REGISTRY.register(Retention())


def retention() -> bytes:
    """Return the text form, or nothing while the database does not answer."""
    try:
        text: bytes = generate_latest(REGISTRY)
    except Error:
        return b""
    return text
