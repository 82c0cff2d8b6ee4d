"""What may go wrong in the sandbox, as a sentence that a person can act on."""


class SandboxError(Exception):
    """The message is one or more whole sentences; it is printed as it is."""
