"""The process behind the addresses that follow the leaders."""

import sys

from novaops.sandbox import probe
from novaops.sandbox.layout import CHECKOUT
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

NAME = "leader-address"


def spec(site: Site) -> Spec:
    last = next(shard.address for shard in reversed(site.layout.shards) if shard.address)
    return Spec(
        name=NAME,
        argv=(sys.executable, "-m", "novaops.sandbox.leader_address", "--state", str(site.layout.state)),
        cwd=CHECKOUT,
        stage=Stage.EDGE,
        ready=probe.port_open(last),
        as_server=False,
        restart_after=1.0,
        patient=True,
        grace=5.0,
    )
