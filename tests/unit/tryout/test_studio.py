"""A port that is taken is no obstacle."""

from __future__ import annotations

import socket

from annotate.label_studio.protocol import Protocol, protocol_in
from annotate.tryout import studio


def test_a_free_port_is_taken_and_another_one_where_somebody_listens() -> None:
    with socket.create_server((studio.HERE, 0)) as taken:
        port = taken.getsockname()[1]
        assert studio.free_port(port) != port
        with studio.listen(port) as door:
            assert door.getsockname()[1] != port
    assert studio.free_port(port) == port
    with studio.listen(port) as door:
        assert door.getsockname() == (studio.HERE, port)


def test_consent_is_to_a_tryout_and_to_no_dataset() -> None:
    asked = studio.protocol()
    assert asked.consent.scope == "internal"
    assert asked.consent.text.keys() == {"en", "ar"}
    assert Protocol.model_validate(asked.model_dump()) == asked == protocol_in(asked.comment())
