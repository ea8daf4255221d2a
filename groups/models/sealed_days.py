from typing import ClassVar

from django.db import models

from portal.core.triggers import frozen


class SealedDay(models.Model):
    """What a day of the log holds, counted and digested once after it has left the window.

    No event can enter the day any more, which its partition itself refuses, so the purge drops it
    without reading it again. The seal leaves with its day; the certificate takes over the numbers.
    """

    day = models.DateField(primary_key=True)
    rows = models.PositiveBigIntegerField()
    # Over the event keys, a line each, in the order of time and key.
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = [frozen("a_seal_stays_as_it_was_made", ["day", "rows", "sha256"])]

    def __str__(self) -> str:
        return f"{self.day}"
