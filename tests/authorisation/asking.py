"""Sending what a row of the matrix says, as somebody."""

import re

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def address(row, world, **changed):
    if row.path is not None:
        return row.path(world)
    params = row.params(world) | changed
    return "/" + PARAMETER.sub(lambda match: str(params[match[1]]), row.route)


def ask(row, world, person, who, url=None):
    data = row.data(world, who) if row.data else None
    kind = "application/json" if row.json else None
    return person.ask(row.method, url or address(row, world), data, kind)
