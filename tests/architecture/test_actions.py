import ast

import pytest

from tests.architecture import sources

FILES = sources.files("actions/*.py") + sources.files("core/actions/*.py")
MODULES = {path: sources.tree(path) for path in FILES}
ACTIONS = [
    (path, function)
    for path, module in MODULES.items()
    for function in sources.public_functions(module)
]

# Public functions that write nothing, and why they live beside the writes.
READS = {
    "credit/actions/policies.py:require_person": "says who may act; the step that asks it writes",
    "groups/actions/appeal_outcomes.py:as_event": "words an event of the outbox",
    "groups/actions/cases.py:staff_time": "reads a deadline from the rule",
    "groups/actions/departures.py:recall": "finds what waited; its batch writes it",
    "groups/actions/groups.py:find": "tells known from new for the next step of an ingest",
    "groups/actions/partitions.py:name_of": "names a partition",
    "groups/actions/taking_effect.py:as_event": "words an event of the outbox",
    "groups/actions/replays.py:check": "compares, and locks so that nothing moves meanwhile",
    "groups/actions/registry.py:foresee": "does it and undoes it, to say what it would do",
    "identity/actions/accounts.py:find": "tells known from new for the next step of an ingest",
    "identity/actions/hold_reminders.py:is_wanted": "asks before a mail leaves",
    "portal/core/actions/field_keys.py:count_by_key": "counts for the command's report",
    "portal/core/actions/field_keys.py:list_columns": "names what rotate_batch may be given",
    "portal/core/actions/purge.py:may_be_followed": "asks whether a dry run was followed",
    "portal/core/actions/purge.py:plan": "says what a purge would do",
    "portal/core/actions/windows.py:check": "words what the database would refuse",
    "portal/core/actions/webhooks.py:new_secret": "makes a value, stores nothing",
}

# Steps of other actions, which audit for them. Nothing outside of actions/ may call them.
STEPS = {
    "credit/actions/standings.py:settle",
    "credit/actions/standings.py:write",
    "groups/actions/appeal_outcomes.py:reopen",
    "groups/actions/departures.py:put_off",
    "groups/actions/groups.py:settle",
    "groups/actions/groups.py:take",
    "groups/actions/log.py:adopt_departures",
    "groups/actions/log.py:append",
    "groups/actions/proposals.py:announce_held",
    "groups/actions/proposals.py:write",
    "groups/actions/timeline.py:add",
}


def identify(path, function):
    return f"{sources.name(path)}:{function.name}"


NAMES = {identify(*action): action for action in ACTIONS}
WRITES = {name: NAMES[name] for name in NAMES.keys() - READS.keys() - STEPS}


def audits(path, function, seen=()):
    """Say whether a call chain inside of actions/ ends in audit.record or record_each."""
    if (path, function.name) in seen:
        return False
    seen = (*seen, (path, function.name))
    called = sources.calls(function)
    return bool({"audit.record", "audit.record_each"} & called) or any(
        audits(other, target, seen) for name in called for other, target in _targets(path, name)
    )


def _targets(path, called):
    """The functions that `_private`, `public` or `module.public` may mean."""
    head, _, tail = called.rpartition(".")
    for other, module in MODULES.items():
        if (not head and other == path) or (head and other.stem == _real_name(path, head)):
            for node in module.body:
                if isinstance(node, ast.FunctionDef) and node.name == tail:
                    yield other, node


def _real_name(path, alias):
    """The module that a name stands for: `from credit.actions import ledger as credit_ledger`."""
    for node in ast.walk(MODULES[path]):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if (name.asname or name.name) == alias:
                    return name.name
    return alias


def test_the_lists_name_what_there_is():
    assert len(WRITES) >= 30
    assert READS.keys() <= NAMES.keys()
    assert NAMES.keys() >= STEPS


@pytest.mark.parametrize("name", sorted(WRITES))
def test_an_action_says_who_and_when_by_keyword_and_audits(name):
    path, function = WRITES[name]
    arguments = function.args
    defaults = dict(zip((a.arg for a in arguments.kwonlyargs), arguments.kw_defaults, strict=True))

    assert not arguments.args, "arguments of an action are keyword-only"
    assert not arguments.posonlyargs, "arguments of an action are keyword-only"
    assert {"by", "at"} <= defaults.keys()
    assert defaults["by"] is None, "the actor has no default"
    assert defaults["at"] is None, "the time has no default"
    assert audits(path, function), "nothing it calls records an audit entry"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_only_called_by_actions(name):
    path, function = NAMES[name]
    called = f"{path.stem}.{function.name}"
    package = sources.name(path).rsplit("/", 1)[0].replace("/", ".")
    callers = [
        sources.name(other)
        for other in sources.files()
        if other.parent.name != "actions"
        and called in sources.calls(sources.tree(other))
        and _imports(sources.tree(other), package, path.stem)
    ]

    assert callers == []


def _imports(module, package, name):
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == package
        and name in {alias.name for alias in node.names}
        for node in ast.walk(module)
    )


@pytest.mark.parametrize("path", FILES, ids=sources.name)
def test_actions_neither_wake_workers_nor_speak_http(path):
    called = sources.calls(MODULES[path])
    imported = {
        f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(MODULES[path])
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert not {c for c in called if c.endswith((".delay", ".apply_async", "send_mail"))}
    assert not {i for i in imported if i.startswith(("celery", "rest_framework"))}
    assert not {i for i in imported if i.endswith(".tasks") or ".tasks." in i}


@pytest.mark.parametrize("path", FILES, ids=sources.name)
def test_actions_take_the_time_and_never_ask_for_it(path):
    asked = sources.calls(MODULES[path])

    assert not asked & {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "now"}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_action_fits_on_a_screen(name):
    _path, function = NAMES[name]
    body = function.body[1:] if ast.get_docstring(function) else function.body
    lines = body[-1].end_lineno - body[0].lineno + 1

    assert lines <= 40
