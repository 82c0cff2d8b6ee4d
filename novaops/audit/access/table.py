"""The review as rows: one for each right that somebody holds by a role."""

from collections.abc import Iterable, Iterator, Sequence

from novaops.audit.access.review import Reviewed
from novaops.fleets.models import Membership
from novaops.fleets.rights import RIGHTS, Role

COLUMNS = (
    "person", "machine", "active", "role", "role_since", "role_given_by", "right", "right_means", "last_sign_in",
    "last_record", "last_record_at", "right_last_used_record", "right_last_used_at", "right_unused_90_days",
    "person_unused_90_days", "credentials",
)  # fmt: skip


def rows(reviewed: Iterable[Reviewed]) -> Iterator[Sequence[object]]:
    """The columns' names first."""
    yield COLUMNS
    for one in reviewed:
        for held in one.memberships:
            yield from _rows(one, held)


def _rows(one: Reviewed, held: Membership) -> Iterator[Sequence[object]]:
    given = RIGHTS[Role(held.role)] if held.role in Role.values else frozenset()
    person = (one.person.get_username(), one.machine, one.person.is_active)
    for right in one.rights:
        if right.right in given:
            yield (
                *person,
                held.role,
                held.since,
                held.granted_by,
                right.right.value,
                right.right.label,
                one.signed_in_at,
                one.last.sequence if one.last else None,
                one.last.at if one.last else None,
                right.use.sequence if right.use else None,
                right.use.at if right.use else None,
                right.unused,
                one.unused,
                "; ".join(f"{credential.name} ({credential.scopes})" for credential in one.credentials),
            )
