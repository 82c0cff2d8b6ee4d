"""etcd's replies over the HTTP gateway of its v3 API (3.4 and 3.5 answer alike; numbers come as text)."""

from shards.clients.reply import Reply


class EtcdMember(Reply):
    id: str
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    learner: bool = False


class EtcdStatus(Reply):
    """What one member says. `leader` is the leader's id, empty while there is none; `alarms` such as NOSPACE."""

    version: str
    id: str
    leader: str = ""
    raft_term: int = 0
    raft_index: int = 0
    revision: int = 0
    db_size_bytes: int = 0
    db_in_use_bytes: int = 0
    healthy: bool = True
    reason: str = ""
    members: tuple[EtcdMember, ...] = ()
    alarms: tuple[str, ...] = ()

    @property
    def leads(self) -> bool:
        return bool(self.leader) and self.leader == self.id
