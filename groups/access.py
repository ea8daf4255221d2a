"""The one way a view, endpoint or admin page obtains a record of groups.

What somebody may not see answers exactly like what does not exist.
"""

import re
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from groups.models import (
    Appeal,
    Case,
    Claim,
    Decision,
    Duties,
    EventReceipt,
    Flag,
    Group,
    Notice,
    Rule,
    Tenure,
    Transfer,
)
from groups.models.tenures import Role
from groups.queries import visibility
from identity import access as identity_access
from identity import email_links
from identity.models import Account, User, VerificationProvider, VerificationRequest
from identity.roles import Permission
from portal.core.errors import NotFound
from portal.core.models import Platform

Row = TypeVar("Row", bound=Model)
REFERENCE = re.compile(r"[A-Z]-([0-9]{1,15})")
TRANSFERS_WITH = ("group__platform", "from_account__user", "to_account__user")
MISSING = "There is no such record, or it is not one you may see."


def get_case_for(
    user: User, id: UUID | str, *, permission: Permission = Permission.VIEW_RECORDS
) -> Case:
    """Return a case for staff who have `permission` on its platform, by id or reference."""
    found = visibility.list_cases_for_staff(user=user, permission=permission)
    return _one(found.select_related("platform", "group", "rule", "subject"), id, "C")


def get_case_for_owner(user: User, id: UUID | str) -> Case:
    """Return a case for somebody who owns or manages its group, or did when it arose."""
    found = visibility.list_cases_for_owner(user=user)
    return _one(found.select_related("platform", "group", "rule", "subject"), id, "C")


def get_group_for(
    user: User, id: UUID | str, *, permission: Permission = Permission.VIEW_RECORDS
) -> Group:
    """Return a group for staff who have `permission` on its platform."""
    return _one(visibility.list_groups_for_staff(user=user, permission=permission), id)


def get_group_for_owner(user: User, id: UUID | str) -> Group:
    """Return a group in which an account of `user` holds a role now."""
    return _one(visibility.list_groups_for_owner(user=user).select_related("platform"), id)


def get_group_owned_by(user: User, id: UUID | str) -> Group:
    """Return a group that an account of `user` answers for now."""
    return _one(visibility.list_groups_owned_by(user=user).select_related("platform"), id)


def get_manager_of(group: Group, id: UUID) -> Account:
    """Return an account that manages the group now."""
    held = Tenure.objects.current().filter(group=group, role=Role.MANAGER)
    found = Account.objects.filter(pk__in=held.values("account")).select_related("user", "platform")
    return _one(found, id)


def get_transfer_for(user: User, id: UUID | str) -> Transfer:
    """Return an offer that `user` made or received."""
    found = visibility.list_transfers_for(user=user)
    return _one(found.select_related(*TRANSFERS_WITH), id)


def get_transfer_to(user: User, id: UUID | str) -> Transfer:
    """Return an offer that `user` received."""
    found = Transfer.objects.filter(to_account__user=user)
    return _one(found.select_related(*TRANSFERS_WITH), id)


def get_transfer_from(user: User, id: UUID | str) -> Transfer:
    """Return an offer that `user` made."""
    found = Transfer.objects.filter(from_account__user=user)
    return _one(found.select_related(*TRANSFERS_WITH), id)


def get_claim_of(user: User, id: UUID | str) -> Claim:
    """Return a claim that an account of `user` made."""
    found = Claim.objects.filter(account__user=user)
    return _one(found.select_related("group__platform", "account"), id)


def get_claim_for(
    user: User, id: UUID | str, *, permission: Permission = Permission.VIEW_RECORDS
) -> Claim:
    """Return a claim for staff who have `permission` on its platform."""
    found = visibility.list_claims_for_staff(user=user, permission=permission)
    return _one(found.select_related("group__platform", "account"), id)


def get_decision_for(
    user: User, id: UUID | str, *, permission: Permission = Permission.VIEW_RECORDS
) -> Decision:
    """Return a decision for staff who have `permission` on its platform."""
    found = visibility.list_decisions_for_staff(user=user, permission=permission)
    return _one(found.select_related("case__group", "rule", "platform"), id, "D")


def get_decision_for_owner(user: User, id: UUID | str) -> Decision:
    """Return a decision in effect about `user`, their group, or a case that arose under them."""
    found = visibility.list_decisions_for_owner(user=user)
    return _one(found.select_related("case__group", "rule", "platform"), id, "D")


def get_appeal_for(
    user: User, id: UUID | str, *, permission: Permission = Permission.VIEW_RECORDS
) -> Appeal:
    """Return an appeal for staff who have `permission` on its platform."""
    found = visibility.list_appeals_for_staff(user=user, permission=permission)
    return _one(found.select_related("decision__case__group", "platform"), id, "A")


def get_appeal_for_owner(user: User, id: UUID | str) -> Appeal:
    """Return an appeal that an account of `user` submitted."""
    found = visibility.list_appeals_for_owner(user=user)
    return _one(found.select_related("decision__case__group", "platform"), id, "A")


def get_notice_for(user: User, id: UUID | str) -> Notice:
    """Return a notice that was sent to an account of `user`."""
    found = visibility.list_notices_for(user=user)
    return _one(found.select_related("platform", "group", "case", "decision", "appeal"), id)


def get_flag_for_reporter(user: User, id: UUID | str) -> Flag:
    """Return a report that an account of `user` sent."""
    return _one(Flag.objects.filter(reporter__user=user).select_related("case"), id)


def get_account_of(user: User, id: UUID | str) -> Account:
    """Return an account that belongs to `user`."""
    return _one(Account.objects.filter(user=user).select_related("platform"), id)


def get_verification_request_of(user: User, id: UUID | str) -> VerificationRequest:
    """Return a request to be verified that an account of `user` made."""
    found = VerificationRequest.objects.filter(account__user=user)
    return _one(found.select_related("account__platform", "provider", "appeals"), id)


def get_linked_request_of(user: User, token: str) -> VerificationRequest:
    """Return the request that a link sent to the present address of `user` stands for.

    Raises LinkNotValid for whatever is wrong with it, somebody else's link included.
    """
    id = email_links.request_id_in(token, address=email_links.address_of(user))
    found = VerificationRequest.objects.filter(
        account__user=user, provider__kind=VerificationProvider.Kind.EMAIL, pk=id
    )
    request = found.select_related("account__platform", "provider").order_by("pk").first()
    if request is None:
        raise email_links.LinkNotValid("This link does not work.")
    return request


def get_group_on(platform: Platform, external_id: str) -> Group:
    """Return the platform's group of that external id."""
    found = Group.objects.filter(platform=platform, external_id=external_id)
    return _only(found.order_by("pk").first())


def get_account_on(platform: Platform, external_id: str) -> Account:
    """Return the platform's account of that external id."""
    return _only(identity_access.find_account_on(platform, external_id))


def get_group_by_id_on(platform: Platform, id: UUID) -> Group:
    """Return the platform's group of Accord's own id."""
    return _one(Group.objects.filter(platform=platform), id)


def get_receipt_on(platform: Platform, id: UUID) -> EventReceipt:
    """Return the receipt of a batch of events that the platform sent."""
    return _one(EventReceipt.objects.filter(platform=platform), id)


def get_group_named(platform: Platform, words: str) -> Group:
    """Return the platform's group that a person means: its id, or a name that only one has."""
    groups = Group.objects.filter(platform=platform)
    return _named("group", groups, platform, words, name__iexact=words)


def get_account_named(platform: Platform, words: str) -> Account:
    """Return the platform's account that a person means: its id, or a name that only one has."""
    accounts = Account.objects.filter(platform=platform)
    return _named("account", accounts, platform, words, display_name=words)


def _named(
    kind: str, rows: QuerySet[Row], platform: Platform, words: str, **by_name: object
) -> Row:
    rows = rows.order_by("pk")
    if row := rows.filter(external_id=words).first():
        return row
    found = list(rows.filter(**by_name)[:2])
    if len(found) > 1:
        raise NotFound(f"More than one {kind} on {platform} has this name. Give the id instead.")
    if not found:
        raise NotFound(f"{platform} has no {kind} with this name or id. Check how it is written.")
    return found[0]


def get_claimable_group(platform: Platform, external_id: str, *, at: datetime) -> Group:
    """Return the platform's group of that id that can be claimed at `at`."""
    found = visibility.list_claimable(at=at).filter(platform=platform, external_id=external_id)
    group = found.select_related("platform").order_by("pk").first()
    if group is None:
        raise NotFound(f"{platform} has no group of this id that can be claimed now.")
    return group


def get_duties_on(platform: Platform, id: UUID) -> Duties:
    return _one(Duties.objects.filter(platform=platform), id)


def get_rule_in_force(platform: Platform, code: str) -> Rule:
    """Return the version of the platform's rule that is in force."""
    found = Rule.objects.filter(platform=platform, code=code, retired_at=None)
    return _only(found.order_by("pk").first())


def _one(rows: QuerySet[Row], id: UUID | str, prefix: str = "") -> Row:
    """Return the row of that id or, for numbered records, of that reference such as C-24029."""
    if isinstance(id, str):
        reference = REFERENCE.fullmatch(id)
        if prefix and reference and id.startswith(prefix):
            return _only(rows.filter(number=int(reference[1])).order_by("pk").first())
        try:
            id = UUID(id)
        except ValueError:
            raise NotFound(MISSING) from None
    return _only(rows.filter(pk=id).order_by("pk").first())


def _only(row: Row | None) -> Row:
    if row is None:
        raise NotFound(MISSING)
    return row
