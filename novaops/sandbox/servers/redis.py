"""Redis: the six nodes of the cluster (L1), and the broker apart from it."""

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST, RedisNode
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

BROKER = "broker"
# Names of secrets, which are files of the state folder.
CLUSTER_SECRET = "redis"  # noqa: S105
BROKER_SECRET = "broker"  # noqa: S105

COMMON = """\
bind {host}
port {port}
dir {folder}
daemonize no
requirepass {password}
appendonly yes
appendfsync everysec
tcp-keepalive 60
hz 5
activerehashing no
"""
# The reference saves RDB files every six hours beside the AOF.
CLUSTERED = """\
masterauth {password}
cluster-enabled yes
cluster-config-file nodes.conf
cluster-port {bus}
cluster-announce-ip {host}
cluster-node-timeout 5000
cluster-require-full-coverage no
maxmemory 64mb
maxmemory-policy allkeys-lru
save 21600 1
repl-backlog-size 4mb
"""
ALONE = """\
save 3600 1
maxmemory-policy noeviction
"""


def specs(site: Site) -> list[Spec]:
    """The six cluster nodes; `redis_cluster.form` joins them."""
    return [_node(site, node) for node in site.layout.redis]


def broker(site: Site) -> Spec:
    return _spec(site, BROKER, site.layout.broker, BROKER_SECRET, ALONE, bus=0)


def _node(site: Site, node: RedisNode) -> Spec:
    return _spec(site, node.name, node.port, CLUSTER_SECRET, CLUSTERED, bus=node.bus)


def _spec(site: Site, name: str, port: int, secret: str, more: str, bus: int) -> Spec:
    folder = site.home(name) / "data"
    folder.mkdir(mode=0o700, exist_ok=True)
    site.account.own(folder)
    password = site.secret(secret)
    text = (COMMON + more).format(host=HOST, port=port, bus=bus, folder=folder, password=password)
    path = site.write(name, "redis.conf", text)
    return Spec(
        name=name,
        argv=(site.binaries.program("redis-server"), str(path)),
        cwd=folder,
        stage=Stage.GROUND if name == BROKER else Stage.EDGE,
        port=port,
        ready=probe.line(port, f"AUTH {password}\r\nPING\r\n".encode(), b"+PONG"),
        grace=15.0,
    )
