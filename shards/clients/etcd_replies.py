"""etcd's replies over the HTTP gateway of its v3 API (3.4 to 3.6 answer alike; numbers come as text)."""

from collections.abc import Mapping
from typing import Any

from shards.clients.reply import Reply

ALARMS = {"1": "NOSPACE", "2": "CORRUPT"}
Said = Mapping[str, Any]


class EtcdMember(Reply):
    id: str
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    learner: bool = False

    @classmethod
    def from_response(cls, said: Said) -> "EtcdMember":
        return cls(
            id=said["ID"],
            name=said.get("name", ""),
            peer_urls=tuple(said.get("peerURLs", ())),
            client_urls=tuple(said.get("clientURLs", ())),
            learner=bool(said.get("isLearner")),
        )


class EtcdStatus(Reply):
    """What one member says. `leader` is the leader's id, empty while there is none. `alarms` such as NOSPACE are of the
    whole cluster, `alarms_here` those that this member raised. `raft_applied` is how far of `raft_index` it has carried
    out. `quota_bytes` (3.6) is 0 where it does not say."""

    version: str
    id: str
    cluster_id: str = ""
    leader: str = ""
    raft_term: int = 0
    raft_index: int = 0
    raft_applied: int = 0
    revision: int = 0
    db_size_bytes: int = 0
    db_in_use_bytes: int = 0
    quota_bytes: int = 0
    learner: bool = False
    healthy: bool = True
    reason: str = ""
    members: tuple[EtcdMember, ...] = ()
    alarms: tuple[str, ...] = ()
    alarms_here: tuple[str, ...] = ()

    @property
    def leads(self) -> bool:
        return bool(self.leader) and self.leader == self.id

    @classmethod
    def from_response(cls, said: Said, health: Said, members: Said, alarms: Said) -> "EtcdStatus":
        """From /v3/maintenance/status, /health, /v3/cluster/member/list and /v3/maintenance/alarm."""
        header = said.get("header") or {}
        own, leader = header.get("member_id", ""), said.get("leader", "")
        raised = [(str(one.get("memberID", "")), _alarm(one.get("alarm"))) for one in alarms.get("alarms", ())]
        return cls(
            version=said.get("version", ""),
            id=own,
            cluster_id=header.get("cluster_id", ""),
            leader="" if leader == "0" else leader,
            raft_term=int(said.get("raftTerm", 0)),
            raft_index=int(said.get("raftIndex", 0)),
            raft_applied=int(said.get("raftAppliedIndex", 0)),
            revision=int(header.get("revision", 0)),
            db_size_bytes=int(said.get("dbSize", 0)),
            db_in_use_bytes=int(said.get("dbSizeInUse", 0)),
            quota_bytes=int(said.get("dbSizeQuota", 0)),
            learner=bool(said.get("isLearner")),
            healthy=str(health.get("health")).lower() == "true",
            reason=health.get("reason", ""),
            members=tuple(EtcdMember.from_response(one) for one in members.get("members", ())),
            alarms=tuple(dict.fromkeys(alarm for _, alarm in raised)),
            alarms_here=tuple(alarm for member, alarm in raised if member == own),
        )


def _alarm(said: object) -> str:
    return ALARMS.get(str(said), str(said))
