"""What people fill in about their verification."""

from urllib.parse import urlsplit

from django import forms

from groups.forms import Form
from identity.models import VerificationProvider


class AskForm(Form):
    provider = forms.ModelChoiceField(
        label="Who should verify you?",
        queryset=VerificationProvider.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"invalid_choice": "Choose one of these."},
    )

    def offer(self, providers: list[VerificationProvider]) -> None:
        """Offer these, with what each attests."""
        field = self.fields["provider"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = VerificationProvider.objects.filter(pk__in=[one.pk for one in providers])
        field.choices = [(one.pk, _words(one)) for one in providers]


def _words(provider: VerificationProvider) -> str:
    level = provider.get_level_display().lower()
    if provider.kind == VerificationProvider.Kind.EMAIL:
        how = "a link to your confirmed email address"
    elif provider.kind == VerificationProvider.Kind.OIDC:
        how = f"you go to {urlsplit(provider.issuer).hostname} and come back. At most"
        return f"{provider.name}: {how} {level}, holds {provider.validity_days} days."
    else:
        how = "an identity officer checks"
    return f"{provider.name}: {how}. Level {level}, holds {provider.validity_days} days."


class StateForm(Form):
    """Nothing to fill in; carries the state of the request that the person saw."""

    state = forms.CharField(widget=forms.HiddenInput, max_length=10)


class GroundsForm(Form):
    grounds = forms.CharField(
        label="What should the other officer know?",
        help_text="Say what was overlooked or misread. Leave out numbers of documents and dates of"
        " birth: nobody needs them here.",
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
    )
