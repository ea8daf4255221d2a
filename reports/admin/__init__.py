from reports.admin import authority_requests, fairness, runs, statements

__all__ = ["authority_requests", "fairness", "runs", "statements"]
