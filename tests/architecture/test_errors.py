import re

from portal.core import error_catalogue, errors

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def every_error():
    error_catalogue.kinds()
    waiting, found = [errors.AccordError], []
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if not kind.__module__.startswith("tests.")]


def test_error_codes_are_stable_names():
    assert len(every_error()) > 20
    for kind in every_error():
        assert KEBAB.fullmatch(kind.code), kind
        assert 400 <= kind.status < 600, kind


def test_a_code_always_means_the_same():
    declared = {}
    for kind in every_error():
        if "code" in vars(kind):
            declared.setdefault(kind.code, []).append(f"{kind.__module__}.{kind.__name__}")

    assert {code: kinds for code, kinds in declared.items() if len(kinds) > 1} == {}


def test_an_error_of_its_own_has_a_meaning_of_its_own():
    """The docstring is the text of its public page."""
    silent = [kind for kind in every_error() if "code" in vars(kind) and not kind.__doc__]

    assert silent == []
