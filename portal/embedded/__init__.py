"""A real PostgreSQL and a real Valkey from wheels, for `make demo` and `make test`.

Nothing here needs Django: the servers run before settings can name their addresses.
"""
