"""`make demo`: a running Accord with data, on this machine only. Absent in production."""
