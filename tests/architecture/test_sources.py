import ast
import re

from tests.architecture import sources

FILES = sources.files()
# In two halves, so that this file passes its own rule.
UNFINISHED = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + "XX|HA" + r"CK)\b")
LONGEST = 400


def test_every_file_is_finished_short_and_silent():
    """Commands write to self.stdout, everything else to the log."""
    printing = [
        sources.name(path)
        for path in FILES
        if {"print", "pprint"} & set(sources.calls(sources.tree(path)))
    ]
    unfinished = [sources.name(path) for path in FILES if UNFINISHED.search(path.read_text())]
    long = [sources.name(path) for path in FILES if path.read_text().count("\n") > LONGEST]

    assert (printing, unfinished, long) == ([], [], [])


def test_no_file_is_named_for_what_does_not_fit_elsewhere():
    names = {path.name for path in FILES}

    assert not names & {"utils.py", "helpers.py", "common.py", "misc.py", "signals.py"}


# `make demo` ends the processes it started whatever happened.
DOMAIN = [path for path in FILES if "embedded" not in path.parts]


def test_the_domain_catches_only_what_it_names():
    caught = [
        f"{sources.name(path)}:{node.lineno}"
        for path in DOMAIN
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        # Noting a failure and passing it on is no catch.
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ]

    assert caught == []


def test_there_are_no_signals():
    """Receivers hide who does what; actions say it."""
    receivers = re.compile(r"post_save|pre_save|post_delete|pre_delete|m2m_changed|@receiver")

    assert [sources.name(path) for path in FILES if receivers.search(path.read_text())] == []


def test_a_message_stream_has_no_way_in():
    """Promise 3: no model, field or endpoint takes messages."""
    fields = {f.name for model in sources.models() for f in model._meta.get_fields()}

    assert not fields & {"message", "messages", "conversation", "transcript", "stream"}
