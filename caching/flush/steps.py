"""The steps of `cache-flush`. Each may be cut off anywhere and done again: a second time only finds what is left.

Neither tier is told the fencing token. What a worker that was replaced may still send, raising a generation or removing
an entry, costs a miss and never shows a wrong value; it asks `hold` before all the same, so that it ends soon. Nothing
is taken back either: what was cached is still in the database, and a lowered generation would show old values again."""

from collections.abc import Mapping

from caching.clients.memcached import Memcached
from caching.exceptions import CacheError
from caching.flush.gather import servers_of
from caching.flush.hiding import hide
from caching.flush.pace import Metronome, Pace
from caching.flush.plan import DELETE, HIDE, UNLINK, VERIFY
from caching.flush.scope import Scope, items_of
from caching.flush.unlinking import Errand, pause, unlink_everywhere
from caching.flush.verifying import BATCH, CRAWL_SECONDS, verify
from novaops.operations.contract import Step, StepContext


def unlink_keys(context: StepContext) -> str:
    scope, pace = _scope(context), _pace(context)
    tally, primaries = unlink_everywhere(context, Errand(scope.wanted, scope.words, pace, scope.node))
    told = f"{tally.unlinked:,} keys {scope.words} unlinked on {primaries} primaries, in slices of"
    told = f"{told} {tally.mean_ms:.1f} ms, {tally.longest_ms:.1f} ms at most."
    stopped = f" It stopped at the limit of {pace.limit:,} keys." if tally.limited else ""
    return f"{told}{stopped} {tally.no_scripts}".strip()


def delete_items(context: StepContext) -> str:
    """A server that does not answer is told of and left out."""
    scope, silent = _scope(context), []
    servers, beat = servers_of(scope), Metronome(_pace(context))
    for number, target in enumerate(servers):
        context.progress(number, len(servers), f"{beat.done:,} items deleted, now {target.name}")
        server = Memcached(target, CRAWL_SECONDS)
        try:
            _delete(context, server, [item.key for item in items_of(scope, server.items())], beat)
        except CacheError as problem:
            silent.append(f"{target.name} was left out: {problem}")
    stopped = ["It stopped at the limit."] if beat.ended else []
    told = f"{beat.done:,} items {scope.words} deleted on {len(servers)} Memcached servers."
    return " ".join([told, *stopped, *silent])


def _delete(context: StepContext, server: Memcached, keys: list[bytes], beat: Metronome) -> None:
    while keys and not beat.ended:
        count = beat.reserve(min(BATCH, len(keys)))
        context.hold()
        deleted = server.delete(keys[:count])
        beat.used(count, deleted)
        keys = keys[count:]
        context.progress(beat.done, beat.done + len(keys), f"{server.target.name}: {beat.done:,} items deleted")
        pause(context, beat.rest_after(0, deleted))


def _scope(context: StepContext) -> Scope:
    return Scope.model_validate(context.arguments["scope"])


def _pace(context: StepContext) -> Pace:
    return Pace.model_validate(context.arguments["pace"])


STEPS: Mapping[str, Step] = {
    HIDE: Step(run=hide, timeout_seconds=20, attempts=8),
    UNLINK: Step(run=unlink_keys, timeout_seconds=24 * 3600, attempts=10),
    DELETE: Step(run=delete_items, timeout_seconds=24 * 3600, attempts=3),
    VERIFY: Step(run=verify, timeout_seconds=1800, attempts=5),
}
