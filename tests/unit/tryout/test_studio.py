"""Ports of the tryout's servers, and its protocol."""

from __future__ import annotations

import socket

from annotate.label_studio.protocol import Protocol, protocol_in
from annotate.tryout import studio


def test_a_free_port_is_used_and_otherwise_another_one() -> None:
    with socket.create_server((studio.HERE, 0)) as occupied:
        port = occupied.getsockname()[1]
        assert studio.free_port(port) != port
        with studio.listen(port) as listener:
            assert listener.getsockname()[1] != port
    assert studio.free_port(port) == port
    with studio.listen(port) as listener:
        assert listener.getsockname() == (studio.HERE, port)


def test_the_consent_of_a_tryout_is_internal() -> None:
    protocol = studio.protocol()
    assert protocol.consent.scope == "internal"
    assert protocol.consent.text.keys() == {"en", "ar"}
    assert (
        Protocol.model_validate(protocol.model_dump())
        == protocol
        == protocol_in(protocol.comment())
    )
