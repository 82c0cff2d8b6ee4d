"""A shard's state, which says whether it takes tenants: changed by an operation, and recorded with it."""

from django.db import transaction

from novaops.inventory.models import Shard, ShardState
from novaops.operations.contract import PermanentProblem, StepContext
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.recording import note


def set_state(context: StepContext, name: str, state: ShardState) -> str:
    """Doing it again changes and records nothing."""
    context.hold()
    operation = Operation.objects.get(pk=context.operation_id)
    with transaction.atomic():
        shard = Shard.objects.select_for_update(no_key=True).filter(name=name, present=True).first()
        if shard is None:
            raise PermanentProblem(f"There is no shard {name} in this fleet any more.")
        before = ShardState(shard.state)
        if before != state:
            Shard.objects.filter(pk=shard.pk).update(state=state)
            outcome = f"{name} is {state.label.lower()}, and was {before.label.lower()}."
            data = {"shard": name, "before": {"state": before.value}, "after": {"state": state.value}}
            note("shard state changed", operation, outcome=outcome, data=data)
            tell(operation)
    return f"{name} is {state.label.lower()}."
