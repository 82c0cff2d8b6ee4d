"""How one attempt ended, whatever the way it was sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`problem` is the sentence for what went wrong; empty, or a remark, when it was delivered. `status` is what an
    HTTP receiver answered; `gone` that it wants nothing more, ever; `retry_after` the seconds that it asks for."""

    delivered: bool
    problem: str = ""
    status: int | None = None
    retry_after: float | None = None
    gone: bool = False
