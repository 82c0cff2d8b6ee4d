"""What a token may be used for, in words that people know; each scope stands for some rights of its person."""

from collections.abc import Iterable

from django.db.models import TextChoices

from novaops.fleets.rights import Right


class Scope(TextChoices):
    OBSERVE = "observe", "Observe: servers, findings, operations and their plans"
    REQUEST = "request", "Request: plan operations, confirm and run them, pause and cancel them"
    APPROVE = "approve", "Approve: approve and reject what others requested"
    BREAK_GLASS = "break-glass", "Break glass: run without approvals, in an emergency"
    READ_CHANGE_LOG = "read-change-log", "Read the change log: list, verify and export it"
    MANAGE = "manage", "Manage: policies, freezes, hooks and checkpoints"


# A right that no scope names is out of reach of every token.
RIGHTS_OF: dict[Scope, frozenset[Right]] = {
    Scope.OBSERVE: frozenset({Right.VIEW}),
    Scope.REQUEST: frozenset(
        {
            Right.VIEW,
            Right.CHANGE_CACHES,
            Right.CHANGE_PARTITIONS,
            Right.CHANGE_PLACEMENT,
            Right.CHANGE_POOLS,
            Right.SWITCH_OVER,
        }
    ),
    Scope.APPROVE: frozenset({Right.VIEW, Right.APPROVE}),
    Scope.BREAK_GLASS: frozenset({Right.VIEW, Right.BREAK_GLASS}),
    Scope.READ_CHANGE_LOG: frozenset({Right.VIEW, Right.READ_CHANGE_LOG}),
    Scope.MANAGE: frozenset({Right.VIEW, Right.MANAGE_FLEET}),
}
# What somebody has to judge: two pairs of eyes are two people's.
FOR_PEOPLE = frozenset({Scope.APPROVE, Scope.BREAK_GLASS})


def rights_within(scopes: Iterable[str], *, machine: bool = False) -> frozenset[Right]:
    """The most that a token with these scopes can do; scopes that this version does not know give nothing."""
    known = {Scope(name) for name in scopes if name in Scope.values}
    allowed = known - FOR_PEOPLE if machine else known
    return frozenset[Right]().union(*(RIGHTS_OF[scope] for scope in allowed))
