"""What is said of a parameter that is not taken."""

from datetime import datetime
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from novaops.operations.forms import form_for
from novaops.operations.planning import parameters_of
from novaops.operations.problems import Incomplete, Invalid
from novaops.operations.wrong_values import sentence
from shards.fleetwide.kinds import FleetDrain, FleetRestart


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hours: float = Field(default=1, gt=0, le=24)
    count: int = 1
    mode: Literal["off", "on"] = "on"
    at: datetime | None = None
    name: str = Field(default="a", max_length=3)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("hours", 48, "48 is too much: 24 at most."),
        ("hours", "0", "'0' is too little: more than 0."),
        ("hours", "soon", "'soon' is no number."),
        ("count", "1.5", "'1.5' is no whole number."),
        ("mode", "maybe", "'maybe' is not possible: 'off' or 'on'."),
        ("at", "tomorrow", "'tomorrow' is no time (input is too short): write 2027-01-31 03:00+00:00."),
        ("name", "x" * 80, f"'{'x' * 58}… is not possible: string should have at most 3 characters."),
        ("other", 1, "There is no such parameter."),
    ],
)
def test_value_and_what_is_allowed(name: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as problem:
        Given.model_validate({name: value})
    assert [sentence(one) for one in problem.value.errors()] == [said]


def test_a_form_says_the_same() -> None:
    form = form_for(FleetRestart())({"reason": "To see.", "parallel": "99"})
    assert form.errors == {"parallel": ["99 is too much: 16 at most."]}


def test_what_was_not_filled_in_yet_is_missing_not_wrong() -> None:
    with pytest.raises(Incomplete) as problem:
        parameters_of(FleetDrain(), {})
    assert problem.value.fields == {"servers": "Say servers, or a version."}
    with pytest.raises(Invalid, match="not both"):
        parameters_of(FleetDrain(), {"version_below": "15.18", "servers": "shard-1-a"})
