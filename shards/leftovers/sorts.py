"""The sorts of things that are left behind, and what removing each of them does."""

from django.db.models import TextChoices


class Sort(TextChoices):
    SLOT = "slot", "Replication slot"
    PUBLICATION = "publication", "Publication"
    SUBSCRIPTION = "subscription", "Subscription"
    PREPARED = "prepared-transaction", "Prepared transaction"
    FENCE = "fence", "Fence"
    TENANT_ROWS = "tenant-rows", "Tenant's rows"
    TENANT_SCHEMA = "tenant-schema", "Tenant's schema"
    VM_ROWS = "vm-rows", "Rows without a VM"
    ARRIVAL = "arrival", "Bookkeeping of a move"
    TABLE = "loose-table", "Loose table"
    INDEX = "invalid-index", "Invalid index"
    POOL = "paused-pool", "Paused pool"
    LOCK = "stale-lock", "Stale lock"
    LEASE = "lapsed-lease", "Lapsed lease"
    RESTING = "resting-operation", "Paused operation"

    @property
    def destroys_data(self) -> bool:
        return self in DATA

    @property
    def of_control(self) -> bool:
        """Lies in the control database, on no shard."""
        return self in CONTROL


DATA = frozenset({Sort.PREPARED, Sort.TENANT_ROWS, Sort.TENANT_SCHEMA, Sort.VM_ROWS})
CONTROL = frozenset({Sort.LOCK, Sort.LEASE, Sort.RESTING})

# The kinds of operations that remove leftovers: while one holds its locks, what it removes is left behind all the same.
REMOVE_KIND, DELETE_KIND = "leftover-remove", "leftover-delete"

REMOVING: dict[Sort, str] = {
    Sort.SLOT: "Drops the slot: its WAL can go, and a reader that comes back has to be built anew.",
    Sort.PUBLICATION: "Drops the publication; its tables stay as they are.",
    Sort.SUBSCRIPTION: (
        "Disables it, parts it from its slot and drops it; the rows that it brought stay. The slot on the other side is"
        " a leftover of its own then, and is dropped as one."
    ),
    Sort.PREPARED: "Rolls it back: what it wrote is gone for good, also if its coordinator meant to commit it.",
    Sort.FENCE: "Forgets the highest token that acted there; the next operation leaves its own.",
    Sort.TENANT_ROWS: "Deletes the tenant's rows on this shard, in batches; where the tenant lives nothing changes.",
    Sort.TENANT_SCHEMA: "Drops the schema with all its tables; where the tenant lives nothing changes.",
    Sort.VM_ROWS: "Deletes the rows whose VM is not there, in batches.",
    Sort.ARRIVAL: "Forgets how far a stream came, its parts and the keys that it wrote; the tenant's rows stay.",
    Sort.TABLE: "Drops the table, if it is empty; one whose detachment was cut off is detached to the end first.",
    Sort.INDEX: "Drops the index, which no query uses; whoever wants it builds it again.",
    Sort.POOL: "RESUME: the clients that wait go on.",
    Sort.LOCK: "Frees the lock, so that other operations may take it.",
    Sort.LEASE: "",
    Sort.RESTING: "",
}
