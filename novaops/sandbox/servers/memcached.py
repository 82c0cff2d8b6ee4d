"""Memcached: three servers for query results (L2)."""

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

MEGABYTES = 64


def specs(site: Site) -> list[Spec]:
    return [_spec(site, name, port) for name, port in site.layout.memcached]


def _spec(site: Site, name: str, port: int) -> Spec:
    argv = (
        site.binaries.program("memcached"),
        *("-l", HOST, "-p", str(port), "-U", "0", "-m", str(MEGABYTES), "-t", "2", "-c", "512"),
    )
    return Spec(
        name=name,
        argv=argv,
        cwd=site.home(name),
        stage=Stage.EDGE,
        port=port,
        ready=probe.line(port, b"version\r\n", b"VERSION"),
        grace=5.0,
    )
