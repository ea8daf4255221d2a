"""The first question of a dialog that adds something: to which platform."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.forms import BaseDialogForm

from portal.core.models import Platform


class PlatformForm(BaseDialogForm):
    """Offers the platforms on which the reader has `permission`."""

    permission = "administer"
    platform = forms.ModelChoiceField(queryset=Platform.objects.none())

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        ids = admin.site.platform_ids(request, [self.permission])
        field: Any = self.fields["platform"]
        field.queryset = Platform.objects.filter(pk__in=ids).order_by("name")
        if len(ids) == 1:
            field.initial = field.queryset.first()
