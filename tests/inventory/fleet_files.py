"""Fleet files for tests: small, complete, with passwords that can be looked for."""

from novaops.inventory.fleet_file import FleetFile
from novaops.inventory.reading import parse

PASSWORDS = ("s3cret-postgres", "s3cret-application", "s3cret-patroni", "s3cret-pgbouncer", "s3cret-redis")

TEXT = """
fleet: alpha
name: Alpha fleet
credentials:
  postgres: {username: novaops, password: s3cret-postgres}
  application: {username: novacron_app, password: s3cret-application}
  patroni: {username: patroni, password: s3cret-patroni}
  pgbouncer: {username: novaops, password: s3cret-pgbouncer}
  redis: {username: default, password: s3cret-redis}
etcd: [{name: alpha-etcd, url: "http://127.0.0.1:1"}]
shards:
  - name: alpha-shard
    cluster: alpha-cluster
    weight: 100
    database: novacron
    members:
      - {name: alpha-member-a, postgres: "127.0.0.1:1", patroni: "http://127.0.0.1:1"}
      - {name: alpha-member-b, postgres: "[::1]:1", patroni: "http://127.0.0.1:1", options: {sslmode: require}}
    pools: [{name: alpha-pool, address: "127.0.0.1:1", primary: write, replica: read}]
redis: [{name: alpha-redis, address: "127.0.0.1:1"}]
memcached: [{name: alpha-memcached, address: "127.0.0.1:1"}]
nats: [{name: alpha-nats, address: "127.0.0.1:1", monitor: "http://127.0.0.1:1"}]
"""


def fleet_file(text: str = TEXT) -> FleetFile:
    return parse(text)
