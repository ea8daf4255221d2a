"""Stored values of the registry as people read them."""

from django import template

from groups.models import Group
from groups.models.tenures import Role
from portal.core.admin import panels

register = template.Library()


@register.filter
def role(value: str) -> str:
    return str(Role(value).label)


@register.filter
def group_state(value: str) -> str:
    return str(Group.State(value).label)


@register.filter
def signed(points: int) -> str:
    return panels.signed(points)
