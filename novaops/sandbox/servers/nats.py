"""NATS with JetStream: the stream of changes."""

import json

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

NAME = "nats-1"
MEGABYTE = 1024 * 1024


def spec(site: Site) -> Spec:
    layout = site.layout
    settings = {
        "server_name": NAME,
        "host": HOST,
        "port": layout.nats,
        "http": f"{HOST}:{layout.nats_monitor}",
        "jetstream": {
            "store_dir": str(layout.data(NAME)),
            "max_memory_store": 64 * MEGABYTE,
            "max_file_store": 1024 * MEGABYTE,
        },
    }
    path = site.write(NAME, "nats.conf", json.dumps(settings, indent=2) + "\n")
    return Spec(
        name=NAME,
        argv=(site.binaries.program("nats-server"), "-c", str(path)),
        cwd=layout.home(NAME),
        stage=Stage.EDGE,
        port=layout.nats,
        ready=probe.web(layout.nats_monitor, "/healthz"),
    )
