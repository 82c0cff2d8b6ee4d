"""What can be wrong with a request about fleets and people: a sentence for whoever asked."""


class FleetProblem(Exception):
    """Refused; the text says what is wrong and what is allowed."""
