"""Roles, the rights that they hold, and nothing else: everything that may be refused is refused by a `Right`."""

from django.db.models import TextChoices


class Role(TextChoices):
    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ON_CALL = "on-call", "On-call"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    ADMIN = "admin", "Admin"


class Right(TextChoices):
    VIEW = "view", "See the fleet"
    CHANGE_CACHES = "change-caches", "Flush and warm caches"
    SEE_CACHED_VALUES = "see-cached-values", "See cached sessions and secrets"
    CHANGE_PARTITIONS = "change-partitions", "Create and retire partitions"
    CHANGE_PLACEMENT = "change-placement", "Move tenants"
    SWITCH_OVER = "switch-over", "Switch over and fail over"
    CHANGE_POOLS = "change-pools", "Pause, resume and resize pools, end sessions"
    APPROVE = "approve", "Approve operations"
    BREAK_GLASS = "break-glass", "Act without approvals in an emergency"
    READ_CHANGE_LOG = "read-change-log", "Read and export the change log"
    MANAGE_FLEET = "manage-fleet", "Import the fleet, change rights and settings"


_OPERATE = {
    Right.VIEW,
    Right.CHANGE_CACHES,
    Right.CHANGE_PARTITIONS,
    Right.CHANGE_PLACEMENT,
    Right.CHANGE_POOLS,
    Right.READ_CHANGE_LOG,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.OPERATOR: frozenset(_OPERATE | {Right.SWITCH_OVER}),
    Role.ON_CALL: frozenset(_OPERATE | {Right.SWITCH_OVER, Right.BREAK_GLASS, Right.SEE_CACHED_VALUES}),
    Role.APPROVER: frozenset({Right.VIEW, Right.APPROVE, Right.READ_CHANGE_LOG}),
    Role.AUDITOR: frozenset({Right.VIEW, Right.READ_CHANGE_LOG}),
    Role.ADMIN: frozenset(Right),
}
