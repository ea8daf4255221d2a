from reports.admin import authority_requests, runs, statements

__all__ = ["authority_requests", "runs", "statements"]
