from reports.models.authority_requests import AuthorityRequest
from reports.models.runs import ReportRun, ReportSchedule
from reports.models.statements import DsaStatement

__all__ = ["AuthorityRequest", "DsaStatement", "ReportRun", "ReportSchedule"]
