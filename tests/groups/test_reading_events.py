"""The quick and the careful way to read an event are one: what one takes, the other takes alike."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.events import GovernanceEvent
from groups.sources import cloudevents, quick
from tests.factories.events import cloud_event

MEMBERS = ["specversion", "id", "source", "type", "subject", "time", "sequence", "data", "other"]
DATA = ["actor", "subject", "role", "old_role", "reason", "until", "caused_by", "attributes", "x"]
TEXTS = st.one_of(
    st.sampled_from(["", "owner", "manager", "1.0", '"', '":', "2026-11-02T11:58:03Z", "é", "\\"]),
    st.text(max_size=12),
    st.just("x" * 201),
)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.integers(-1, 2**63),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dictionaries(TEXTS, st.one_of(st.none(), TEXTS, st.integers(), st.lists(TEXTS)), max_size=3),
)


@st.composite
def objects(draw, names, whole):
    """An object with some members of `whole`, and some that were tampered with or stand twice."""
    members = [(name, value) for name, value in whole.items() if draw(st.integers(0, 9))]
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        members.append((name, draw(VALUES)))
    return members


def encode(members, pretty):
    space = " " if pretty else ""
    parts = [
        f"{json.dumps(name)}{space}:{space}"
        + (value if isinstance(value, Encoded) else json.dumps(value, ensure_ascii=pretty))
        for name, value in members
    ]
    return Encoded("{" + f",{space}".join(parts) + "}")


class Encoded(str):
    pass


@given(data=st.data(), pretty=st.booleans())
@settings(max_examples=600, deadline=None)
def test_what_is_read_quickly_is_read_carefully_alike(data, pretty):
    kind = data.draw(st.sampled_from(["role.granted", "content.removed", "group.size", "x.y"]))
    inner = {"actor": "a", "subject": "s", "role": "owner", "attributes": {"size": 3}}
    event = cloud_event(kind) | {
        "data": encode(data.draw(objects(DATA, inner)), pretty),
    }
    line = encode(data.draw(objects(MEMBERS, event)), pretty).encode("utf-8", "replace")

    quickly = quick.parse(line)
    carefully = cloudevents._parse_carefully(line)

    if quickly is not None:
        assert isinstance(carefully, GovernanceEvent), carefully
        assert msgspec.structs.replace(quickly, is_sound=False) == carefully


def test_an_ordinary_event_is_read_quickly():
    for event in (
        cloud_event(),
        cloud_event("group.size", data={"attributes": {"size": 12}}),
        cloud_event("content.removed", data={"actor": "a", "reason": "Spam", "role": None}),
        cloud_event("account.suspended", sequence=7, datacontenttype="application/json"),
    ):
        assert quick.parse(json.dumps(event).encode()) is not None


def test_a_member_that_stands_twice_is_never_read_quickly():
    line = json.dumps(cloud_event()).encode()

    for more in (
        b'"id": "other"',
        b'"id" :"other"',
        b'"subject":null',
        b'"sequence":1,"sequence":2',
    ):
        assert quick.parse(line[:-1] + b"," + more + b"}") is None
