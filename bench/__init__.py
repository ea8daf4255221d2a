"""Measures what Accord promises about its speed, each figure as a ratio within one run.

make bench                       every topic, within 15 minutes on 2 cores
make bench ARGS="ingest purge"   some of them
make bench ARGS="ingest --profile"   where the time of one request goes
"""
