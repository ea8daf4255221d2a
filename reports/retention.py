"""What reports keeps: counts that are published, no personal data."""

from portal.core.data_classes import registry

registry.exempts(
    reports__ReportRun="published counts; names staff by id only",
    reports__ReportSchedule="when a report is made, no people",
    reports__AuthorityRequest="counts requests of authorities, carries no personal data",
    reports__DsaStatement="a public statement without personal data (Article 24(5))",
)
