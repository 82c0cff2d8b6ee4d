"""PgBouncer: the pools in front of each shard; the follower rewrites its list of databases when the leader changes."""

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST, Pool, Shard
from novaops.sandbox.pool_targets import Targets, databases_file
from novaops.sandbox.servers.bootstrap import APPLICATION_ROLE, CONSOLE_ROLE
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

DATABASES = "databases.ini"

SETTINGS = """\
%include {databases}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
admin_users = {console}
stats_users = {console}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 12
min_pool_size = 0
reserve_pool_size = 4
reserve_pool_timeout = 3
server_idle_timeout = 60
server_lifetime = 1800
server_connect_timeout = 3
server_login_retry = 1
server_check_delay = 5
query_wait_timeout = 30
ignore_startup_parameters = extra_float_digits,options
log_connections = 0
log_disconnections = 0
stats_period = 60
"""


def specs(site: Site) -> list[Spec]:
    return [spec(site, shard, pool) for shard in site.layout.shards for pool in shard.pools]


def admin_dsn(site: Site, pool: Pool) -> str:
    """The pool's admin console."""
    return f"postgresql://{CONSOLE_ROLE}:{site.secret(CONSOLE_ROLE)}@{HOST}:{pool.port}/pgbouncer"


def client_dsn(site: Site, pool: Pool, database: str) -> str:
    """What an application uses."""
    return f"postgresql://{APPLICATION_ROLE}:{site.secret(APPLICATION_ROLE)}@{HOST}:{pool.port}/{database}"


def spec(site: Site, shard: Shard, pool: Pool) -> Spec:
    name = pool.name
    users = "".join(f'"{role}" "{site.secret(role)}"\n' for role in (CONSOLE_ROLE, APPLICATION_ROLE))
    databases = site.layout.home(name) / DATABASES
    if not databases.exists():
        first = shard.members[0].postgres
        site.write(name, DATABASES, databases_file(Targets(primary=shard.address or first, replica=first)))
    text = SETTINGS.format(
        databases=databases,
        host=HOST,
        port=pool.port,
        users=site.write(name, "userlist.txt", users),
        console=CONSOLE_ROLE,
    )
    path = site.write(name, "pgbouncer.ini", text)
    return Spec(
        name=name,
        argv=(site.binaries.program("pgbouncer"), "-q", str(path)),
        cwd=site.layout.home(name),
        stage=Stage.EDGE,
        port=pool.port,
        ready=probe.port_open(pool.port),
        # SIGTERM is PgBouncer's quick stop; it does not wait for clients.
        grace=5.0,
    )
