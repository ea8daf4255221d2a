# Accord. `make demo` needs Python 3.11 and make, nothing else.

# The first that runs: a name may be there and point to nothing.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c pass 2>/dev/null && echo $$name && break; done)
PY := .venv/bin/python
ARGS ?=
EMAIL ?=
# Made-up values with which `check --deploy` sees a production-like environment.
DEPLOYED = env -u BROKER_URL ACCORD_MODE=production \
	SECRET_KEY=check-only-9f1c4e7ab2d8305c6e1f4a7b9d2c8e5f3a6b1d4c7e0f9a2b5c8d1e4f \
	FIELD_KEYS=check:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \
	SIGNING_KEY=HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8= \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/none BROKER_URL=redis://127.0.0.1:1/0 \
	ALLOWED_HOSTS=accord.example EMAIL_URL=smtp://127.0.0.1:1 PUBLIC_URL=https://accord.example

.PHONY: demo demo-clean code test test-release bench check format venv \
	check-lint check-types check-layers check-migrations check-api check-deploy check-size

demo: venv
	@exec $(PY) -m portal.demo.run

demo-clean: venv
	@$(PY) -m portal.demo.clean

code:
	@$(PY) -m portal.demo.code "$(EMAIL)"

test: venv
	@ACCORD_MODE=test exec $(PY) -m portal.embedded.run $(PY) -m pytest $(or $(ARGS),-n 2)

# The same with the large numbers of trials.
test-release: export ACCORD_TEST_SIZE = release
test-release: test

# What Accord promises about its speed: bench/__init__.py says how to run parts of it.
bench: venv
	@exec $(PY) -W ignore -m bench $(ARGS)

check: venv
	@$(MAKE) --no-print-directory -j2 -k -O check-types check-lint check-layers check-migrations \
		check-api check-deploy check-size
	@echo "All checks passed."

format: venv
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

check-lint:
	@$(PY) -m ruff check --quiet . && $(PY) -m ruff format --check --quiet .

check-types:
	@ACCORD_MODE=test $(PY) -m mypy

check-layers:
	@ACCORD_MODE=test $(PY) .venv/bin/lint-imports --no-logo > .layers.log || { cat .layers.log; exit 1; }
	@rm -f .layers.log

check-migrations:
	@$(DEPLOYED) $(PY) -W ignore manage.py makemigrations --check --dry-run

check-api:
	@$(DEPLOYED) $(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null

check-deploy:
	@$(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING

check-size:
	@find . -name '*.py' -not -path './.*' -not -path '*/migrations/*' \
		-exec awk 'END { if (NR > 400) print FILENAME " has " NR " lines; split it" }' {} \; \
		| { ! grep . ; }

venv:
	@$(PYTHON) portal/bootstrap.py
