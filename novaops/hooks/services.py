"""Everything that a person does with hooks: each is a record with what was before and after."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.hooks.choices import DeliveryStatus, Sort
from novaops.hooks.disabling import changed, described, note, switch_off
from novaops.hooks.events import TEST, TESTED
from novaops.hooks.keys import give_secret
from novaops.hooks.mails import configured
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.problems import HookProblem
from novaops.hooks.waking import wake

MOST_HOOKS = 50
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of a hook, already checked."""

    name: str
    events: tuple[str, ...]
    url: str = ""
    mail_to: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        lists = {"events": self.events, "mail_to": self.mail_to, "kinds": self.kinds, "risks": self.risks}
        return {"name": self.name, "url": self.url, **{name: list(value) for name, value in lists.items()}}


def make(sort: Sort, draft: Draft, by: Person) -> tuple[Hook, str]:
    """The hook, enabled, and its secret, which is told this once; empty for e-mail."""
    if sort == Sort.EMAIL and not configured():
        raise HookProblem("No mail server is configured, so nothing could be sent.")
    with transaction.atomic():
        name = by.get_username()
        hook = Hook(sort=sort, made_by_name=name, changed_by_name=name, **draft.values)
        secret = give_secret(hook)
        note(hook, Actor.person(by), f"Hook “{hook.name}” is made.", None, described(hook))
        # Counted under the change log's lock: two at once cannot both be the last.
        if Hook.objects.count() >= MOST_HOOKS:
            raise HookProblem(f"A fleet has at most {MOST_HOOKS} hooks. Delete one that is disabled.")
        _refuse_taken(draft.name)
        hook.save()
    return hook, secret


def change(pk: int, draft: Draft, by: Person) -> Hook:
    """What waits goes to the new receiver, at once."""
    with transaction.atomic():
        hook = _locked(pk)
        before, home = described(hook), hook.subject
        for name, value in draft.values.items():
            setattr(hook, name, value)
        after = described(hook)
        _note_change(hook, home, by, before, after)
        _refuse_taken(draft.name, but=pk)
        hook.changed_by_name, hook.rests_until, hook.failures = by.get_username(), None, 0
        hook.save(update_fields=[*draft.values, "changed_by_name", "rests_until", "failures"])
        Hook.objects.filter(pk=pk).update(changed_at=Now())
        Delivery.objects.filter(hook=hook, status=DeliveryStatus.PENDING).update(next_at=Now())
        _wake(hook)
    return hook


def enable(pk: int, by: Person) -> Hook:
    with transaction.atomic():
        hook = _locked(pk, enabled=False)
        before = described(hook)
        note(hook, Actor.person(by), f"Hook “{hook.name}” is enabled.", before, {**before, "enabled": True})
        Hook.objects.filter(pk=pk).update(enabled=True, disabled_because="", last_error="")
    return hook


def disable(pk: int, by: Person) -> Hook:
    """What still waits is given up; the history stays."""
    with transaction.atomic():
        hook = _locked(pk, enabled=True)
        switch_off(
            hook, Actor.person(by), f"Hook “{hook.name}” is disabled.", f"{by.get_username()} disabled the hook."
        )
    return hook


def delete(pk: int, by: Person) -> Hook:
    """With its deliveries. Only a disabled one: nothing new comes in meanwhile."""
    if Hook.objects.filter(pk=pk, enabled=True).exists():
        raise HookProblem("Disable the hook first: a disabled one can be deleted with its history.")
    # Not under the change log's lock: there may be many.
    while _delete_some(pk):
        pass
    with transaction.atomic():
        hook = _locked(pk, enabled=False)
        note(hook, Actor.person(by), f"Hook “{hook.name}” is deleted.", described(hook), None)
        Hook.objects.filter(pk=pk).delete()
    return hook


def renew_secret(pk: int, by: Person) -> tuple[Hook, str]:
    """The new secret, which is told this once; for a day everything is signed with both."""
    with transaction.atomic():
        hook = _locked(pk)
        if hook.sort != Sort.WEBHOOK:
            raise HookProblem("E-mail is not signed, so there is no secret to renew.")
        before = described(hook)
        secret = give_secret(hook)
        note(hook, Actor.person(by), f"Hook “{hook.name}” signs with a new key.", before, described(hook))
        hook.save(update_fields=["secret_encrypted", "secret_since", "old_secret_encrypted", "old_secret_until"])
    return hook, secret


def test(pk: int, by: Person) -> Hook:
    """A real delivery: of the record that says that somebody tested the hook."""
    with transaction.atomic():
        hook = _locked(pk, enabled=True)
        sentence = f"{by.get_username()} tests hook “{hook.name}”."
        entry = record(TESTED.verbs[0], hook.subject, actor=Actor.person(by), outcome=sentence)
        Hook.objects.filter(pk=pk).update(rests_until=None)
        Delivery.objects.create(hook=hook, sequence=entry.sequence, event=TEST, subject=f"test:{entry.sequence}")
        _wake(hook)
        changed()
    return hook


def send_again(pk: int, by: Person) -> Delivery:
    """Under the same id, with a day's attempts before it."""
    with transaction.atomic():
        delivery = Delivery.objects.select_related("hook").get(pk=pk)
        hook = _locked(delivery.hook_id, enabled=True)
        record(
            "delivery sent again",
            hook.subject,
            actor=Actor.person(by),
            outcome=f"{delivery.label} of record {delivery.sequence}",
            data={"delivery": delivery.message_id, "event": delivery.event, "record": delivery.sequence},
        )
        Delivery.objects.filter(pk=pk).update(status=DeliveryStatus.PENDING, attempts=0, next_at=Now(), ended_at=None)
        Hook.objects.filter(pk=hook.pk).update(rests_until=None)
        _wake(hook)
        changed()
    return delivery


def _note_change(hook: Hook, home: str, by: Person, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Under the name that it had: whoever looks for a hook's past finds where it went."""
    fields = [name for name in after if after[name] != before[name]]
    words = f"Hook “{before['name']}”: {', '.join(fields)} changed." if fields else f"Hook “{hook.name}” is as it was."
    record("setting changed", home, actor=Actor.person(by), outcome=words, data={"before": before, "after": after})
    changed()


def _locked(pk: int, enabled: bool | None = None) -> Hook:
    """The row, so that no second change comes between; appends, which only refer to it, do not wait."""
    hook = Hook.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if hook is None:
        raise HookProblem("The hook is gone: somebody deleted it.")
    if enabled is not None and hook.enabled != enabled:
        raise HookProblem(f"Hook “{hook.name}” is {'enabled' if hook.enabled else 'disabled'}.")
    return hook


def _refuse_taken(name: str, but: int | None = None) -> None:
    others = Hook.objects.exclude(pk=but) if but else Hook.objects.all()
    if others.filter(name=name).exists():
        raise HookProblem(f"There is a hook named “{name}” already.")


def _delete_some(pk: int) -> int:
    some = Delivery.objects.filter(hook=pk).values_list("pk", flat=True)[:BATCH]
    return Delivery.objects.filter(pk__in=list(some)).delete()[0]


def _wake(hook: Hook) -> None:
    transaction.on_commit(partial(wake, connection.tenant.slug, [hook.pk]))  # type: ignore[attr-defined]
