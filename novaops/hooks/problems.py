"""Why something about a hook was not done: a sentence for a person."""


class HookProblem(Exception):
    """Refused; the text says what is wrong and what is allowed."""


class AddressRefused(HookProblem):
    """Nothing may be sent there."""


class LaneLost(Exception):
    """Another deliverer has the hook now, or it was disabled: this one sends nothing more."""
