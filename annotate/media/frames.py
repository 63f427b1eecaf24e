"""Checks that an MP3 or ADTS packet is exactly one frame, by the length in its header.

Both are streams without a container: a demuxer may return a tag between or after the frames as part
of a packet, and it would be copied.
"""

from __future__ import annotations

_MPEG1_KBIT = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBIT = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Kilobits per second of Layer III, by the header's index; 0 is a free bit rate."""

_MPEG1_RATES = (44_100, 48_000, 32_000)
_HALVINGS = {3: 0, 2: 1, 0: 2}
"""How often the rates are halved, by the header's version: MPEG 1, 2 and 2.5."""


def is_mp3_frame(packet: bytes) -> bool:
    """Whether the packet is one frame of MPEG audio, Layer III, with the length in its header."""
    if len(packet) < 4 or packet[0] != 0xFF or packet[1] & 0xE6 != 0xE2:
        return False
    version, kbit, rate = packet[1] >> 3 & 3, packet[2] >> 4, packet[2] >> 2 & 3
    if version not in _HALVINGS or kbit in (0, 15) or rate == 3:
        return False
    first = version == 3
    bits = 1000 * (_MPEG1_KBIT if first else _MPEG2_KBIT)[kbit]
    hertz = _MPEG1_RATES[rate] >> _HALVINGS[version]
    return len(packet) == (144 if first else 72) * bits // hertz + (packet[2] >> 1 & 1)


def is_adts_frame(packet: bytes) -> bool:
    """Whether the packet is one frame of AAC with an ADTS header and the length in it."""
    if len(packet) < 7 or packet[0] != 0xFF or packet[1] & 0xF6 != 0xF0:
        return False
    return len(packet) == (packet[3] & 3) << 11 | packet[4] << 3 | packet[5] >> 5
