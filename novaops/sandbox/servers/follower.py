"""The process that keeps the pools leading to the leaders."""

import sys

from novaops.sandbox import probe
from novaops.sandbox.layout import CHECKOUT
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

NAME = "follower"


def spec(site: Site) -> Spec:
    return Spec(
        name=NAME,
        argv=(sys.executable, "-m", "novaops.sandbox.follower", "--state", str(site.layout.state)),
        cwd=CHECKOUT,
        stage=Stage.EDGE,
        ready=probe.always,
        as_server=False,
        restart_after=1.0,
        patient=True,
        grace=5.0,
    )
