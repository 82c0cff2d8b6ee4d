"""etcd: where the Patroni members agree on their leader."""

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

NAME = "etcd-1"


def spec(site: Site) -> Spec:
    layout = site.layout
    client, peer = f"http://{HOST}:{layout.etcd_client}", f"http://{HOST}:{layout.etcd_peer}"
    site.home(NAME)
    argv = (
        site.binaries.program("etcd"),
        *("--name", NAME, "--data-dir", str(layout.data(NAME))),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"{NAME}={peer}", "--initial-cluster-state", "new"),
        *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "10m"),
        *("--quota-backend-bytes", str(256 * 1024 * 1024), "--snapshot-count", "10000"),
        *("--logger", "zap", "--log-level", "warn"),
    )
    return Spec(
        name=NAME,
        argv=argv,
        cwd=layout.home(NAME),
        stage=Stage.GROUND,
        port=layout.etcd_client,
        ready=probe.web(layout.etcd_client, "/health"),
    )
