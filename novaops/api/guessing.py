"""How often somebody may come with a token that is none. Counted in each process, by address and by token.

A token's own limit keeps a program with an old token from spoiling the address for its neighbours."""

from django.core.cache import caches

WINDOW = 60
PER_TOKEN = 10
PER_ADDRESS = 100

_counts = caches["guesses"]


def exhausted(address: str, number: str) -> bool:
    """True when nothing of that token, right or wrong, is looked at from that address for now."""
    by_address, by_token = _names(address, number)
    return bool(_counts.get(by_address, 0) >= PER_ADDRESS or _counts.get(by_token, 0) >= PER_TOKEN)


def count(address: str, number: str) -> int:
    """One more wrong token from there; how many of the address in this minute."""
    by_address, by_token = _names(address, number)
    _more(by_token)
    return _more(by_address)


def _names(address: str, number: str) -> tuple[str, str]:
    return f"address:{address}", f"token:{address}:{number}"


def _more(name: str) -> int:
    if _counts.add(name, 1, WINDOW):
        return 1
    try:
        return int(_counts.incr(name))
    except ValueError:  # its minute ended just now
        _counts.set(name, 1, WINDOW)
        return 1
