"""etcd, one or a cluster of three: where the Patroni members agree on their leader.

Every version of Patroni here speaks its v3 API (`etcd3:`); the v2 API is off, as it is by default since etcd 3.4."""

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST, EtcdNode
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage


def specs(site: Site) -> list[Spec]:
    return [_spec(site, node) for node in site.layout.etcd]


def _spec(site: Site, node: EtcdNode) -> Spec:
    layout = site.layout
    client, peer = _url(node.client), _url(node.peer)
    together = ",".join(f"{one.name}={_url(one.peer)}" for one in layout.etcd)
    site.home(node.name)
    argv = (
        site.binaries.program("etcd"),
        *("--name", node.name, "--data-dir", str(layout.data(node.name))),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", together, "--initial-cluster-state", "new"),
        *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "10m"),
        *("--quota-backend-bytes", str(256 * 1024 * 1024), "--snapshot-count", "10000"),
        *("--logger", "zap", "--log-level", "warn"),
    )
    return Spec(
        name=node.name,
        argv=argv,
        cwd=layout.home(node.name),
        stage=Stage.GROUND,
        port=node.client,
        ready=probe.web(node.client, "/health"),
    )


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"
