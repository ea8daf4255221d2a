import hashlib
from datetime import timedelta

import factory

from reports import models
from tests.factories.base import AT, RecordFactory
from tests.factories.core import PlatformFactory


class ReportRunFactory(RecordFactory):
    """A finished report over thirty days, not yet public; its files are stand-ins."""

    class Meta:
        model = models.ReportRun

    platform = factory.SubFactory(PlatformFactory)
    kind = "TRANSPARENCY"
    period_from = AT - timedelta(days=30)
    period_to = AT
    as_of = AT
    state = "DONE"
    progress = 100
    requested_at = AT
    finished_at = AT
    figures = factory.LazyFunction(dict)
    json = b"{}"
    csv = b"section,item,measure,value\r\n"
    pdf = b"%PDF-"

    @factory.lazy_attribute
    def json_sha256(self):
        return hashlib.sha256(self.json).hexdigest()

    @factory.lazy_attribute
    def csv_sha256(self):
        return hashlib.sha256(self.csv).hexdigest()

    @factory.lazy_attribute
    def pdf_sha256(self):
        return hashlib.sha256(self.pdf).hexdigest()
