"""A move beside what one does by hand: how fast it copies (benchmarks/move_copy.py), how long its cutover stops the
tenant's writes, and what others feel of it (benchmarks/move_pause.py). Both parts can be run by themselves."""

from benchmarks import move_copy, move_pause
from benchmarks.environment import Environment


def main(environment: Environment) -> dict[str, object]:
    """The ratios are those of the tenant and the load for which a move comes off worst."""
    copied, paused = move_copy.main(environment), move_pause.main(environment)
    worst = {
        name: min(float(str(value)) for key, value in copied.items() if key.endswith(name))
        for name in ("copy_ratio", "subscription_ratio")
    }
    detailed = {f"idle_{key}" if key in worst else key: value for key, value in copied.items()}
    return {**detailed, **paused, **worst}
