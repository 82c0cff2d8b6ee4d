"""What a fleet consists of: its shards, its servers and the credentials that reach them (one schema per fleet)."""

from django.db import models


class ShardState(models.TextChoices):
    ACTIVE = "active", "Active"
    READONLY = "readonly", "Read only"
    DRAINING = "draining", "Draining"
    OFFLINE = "offline", "Offline"


class ServerKind(models.TextChoices):
    POSTGRES = "postgres", "PostgreSQL"
    PATRONI = "patroni", "Patroni"
    PGBOUNCER = "pgbouncer", "PgBouncer"
    ETCD = "etcd", "etcd"
    REDIS = "redis", "Redis Cluster"
    MEMCACHED = "memcached", "Memcached"
    NATS = "nats", "NATS"


class Credential(models.Model):
    """A user name and an encrypted password; `novaops.inventory.secrets` alone turns it back into text."""

    name = models.CharField(max_length=60, unique=True)
    username = models.CharField(max_length=100, blank=True)
    password_encrypted = models.BinaryField(default=b"")


class Shard(models.Model):
    """One logical slice of the data: one Patroni cluster, reached through pools, an address, or each member."""

    name = models.CharField(max_length=60, unique=True)
    cluster = models.CharField(max_length=60, help_text="Patroni's scope.")
    database = models.CharField(max_length=63)
    address = models.CharField(max_length=300, blank=True, help_text="host:port that follows the leader by itself.")
    weight = models.PositiveIntegerField(default=100)
    state = models.CharField(max_length=10, choices=ShardState, default=ShardState.ACTIVE)
    application = models.ForeignKey(
        Credential, null=True, blank=True, on_delete=models.PROTECT, help_text="What applications sign in with."
    )
    present = models.BooleanField(default=True, help_text="False when the last import no longer names it.")

    def __str__(self) -> str:
        return self.name


class Server(models.Model):
    """One address that can be asked. A member of a shard is two servers of one name: its postgres and its patroni."""

    kind = models.CharField(max_length=10, choices=ServerKind)
    name = models.CharField(max_length=60)
    shard = models.ForeignKey(Shard, null=True, blank=True, on_delete=models.PROTECT, related_name="servers")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    url = models.CharField(max_length=300, blank=True, help_text="For HTTP systems: Patroni, etcd, NATS' monitor.")
    options = models.JSONField(default=dict, blank=True, help_text="Such as PgBouncer's database names.")
    credential = models.ForeignKey(Credential, null=True, blank=True, on_delete=models.PROTECT)
    present = models.BooleanField(default=True, help_text="False when the last import no longer names it.")
    out = models.BooleanField(default=False, help_text="Registered, but not used for now: an operator took it out.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_server_per_kind_and_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"
