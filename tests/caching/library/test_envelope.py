"""An envelope comes out of its bytes as it went in."""

import pytest

from caching.library.envelope import Envelope, Stamp


def test_there_and_back() -> None:
    envelope = Envelope(Stamp(10**16, 2, 3 * 10**16), b"{}", 1_700_000_000.25, 0.5, negative=True)
    assert Envelope.unpack(envelope.pack()) == envelope


@pytest.mark.parametrize("data", [b"", b"{}", b"\xc1", b"x" * 100])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no envelope"):
        Envelope.unpack(data)
