"""Who speaks the training text: the demo's annotators, espeak-ng's own voices, and invented ones.

A recognizer that has only met some sixty voices knows those by heart and no others. So many takes
are spoken in a voice of their own, made up as espeak-ng's voices are: by where the resonances of
the mouth lie, how strong and wide they are, and how breathy, rough or lively the voice is.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import espeakng_loader
from text import HERE

sys.path.append(str(HERE.parent / "demo_data"))
from speech import Synthesizer, Voice


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


DEMO_VOICES = (
    Voice("en-us+f2", 141, 52),
    Voice("en-gb-x-rp+m3", 136, 42),
    Voice("en-gb-scotland+Annie", 147, 55),
    Voice("en-us+Michael", 134, 38),
    Voice("en-029+f4", 143, 58),
    Voice("en-us-nyc+adam", 156, 45),
)
"""The six annotators of the demo, at the speeds and pitches of their narrations."""

ACCENTS = _names(
    "en-us en en-gb-x-rp en-029 en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-us-nyc"
)
TRAINED = _names(
    "m1 m2 m3 m4 m6 m7 m8 f1 f2 f4 f5 Alex Andrea Andy Annie Denis Diogo Gene Hugo Jacky "
    "Lee Marco Mario Michael Mike adam anika antonio aunty belinda benjamin boris caleb "
    "david ed edward grandma grandpa gustave iven iven2 john kaukovalta klatt klatt2 klatt4 "
    "linda max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph "
    "steph3 travis victor zac"
)
HELD_OUT = _names("f3 m5 Alicia steph2 klatt3 edward2 marcelo Henrique")
"""Ways of speaking that no training sentence is spoken in."""

_DEMO_SHARE = 0.3
_LISTED_SHARE = 0.25  # the rest are invented
INVENTED = "invented"


class Studio:
    """A synthesizer that can also speak in invented voices."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes espeak-ng's data as links, and beside its voices the invented one."""
        original = Path(espeakng_loader.get_data_path())
        self._manners = folder / "voices" / "!v"
        for path in original.rglob("*"):
            copy = folder / path.relative_to(original)
            if path.is_dir():
                copy.mkdir(parents=True, exist_ok=True)
            elif not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.symlink_to(path)
        self.synthesizer = Synthesizer(folder)

    def pick_voice(self, chance: random.Random) -> Voice:
        """A voice to train on; an invented one replaces the one before."""
        if chance.random() < _DEMO_SHARE:
            voice = chance.choice(DEMO_VOICES)
            speed = voice.speed_wpm + chance.randint(-12, 14)
            return Voice(voice.name, speed, voice.pitch + chance.randint(-4, 4))
        return self._pick_other(chance)

    def invent(self, chance: random.Random) -> None:
        """Replace the invented voice by another."""
        (self._manners / INVENTED).write_text(invent_manner(chance), encoding="ascii")

    def _pick_other(self, chance: random.Random) -> Voice:
        manner = INVENTED
        if chance.random() < _LISTED_SHARE / (1 - _DEMO_SHARE):
            manner = chance.choice(TRAINED)
        else:
            self.invent(chance)
        speed = round(chance.triangular(110, 205, 150))
        pitch, spread = chance.randint(15, 85), chance.randint(20, 85)
        return Voice(f"{chance.choice(ACCENTS)}+{manner}", speed, pitch, spread)


def invent_manner(chance: random.Random) -> str:
    """A way of speaking in the format of espeak-ng's voice variants; see its docs/voices.md.

    Formants are percentages of an ordinary man's: frequency, strength and width.
    """
    lines = ["language variant", f"name {INVENTED}"]
    if chance.random() < 0.2:
        lines.append(f"klatt {chance.randint(1, 6)}")
    size = chance.triangular(80, 135, 102)  # a small mouth has high resonances
    strong, wide = chance.triangular(60, 160, 95), chance.triangular(60, 190, 130)
    for number in range(9):
        spread = 13 if number < 4 else 20
        frequency = min(155, max(62, chance.gauss(size if number else 100, spread)))
        strength = min(220, max(0, chance.gauss(strong, 22 if number < 4 else 35)))
        width = min(220, max(30, chance.gauss(wide, 25)))
        lines.append(f"formant {number} {frequency:.0f} {strength:.0f} {width:.0f}")
    low = chance.randint(60, 190)
    lines += [f"pitch {low} {low + chance.randint(30, 110)}", *_liveliness(chance)]
    return "\n".join(lines) + "\n"


def _liveliness(chance: random.Random) -> list[str]:
    """Everything about a voice but its resonances, some of it by chance left as it is."""
    lines = [
        f"intonation {chance.randint(1, 4)}",
        f"consonants {chance.randint(40, 125)} {chance.randint(40, 125)}",
        f"voicing {chance.randint(45, 160)}",
        f"roughness {chance.randint(0, 5)}",
        f"flutter {chance.randint(0, 12)}",
        "stressAmp " + " ".join(str(chance.randint(13, 25)) for _ in range(8)),
    ]
    if chance.random() < 0.3:
        lines.append("stressAdd " + " ".join(str(chance.randint(-20, 90)) for _ in range(8)))
    if chance.random() < 0.3:
        lines.append("breath 0 " + " ".join(str(chance.randint(0, 8)) for _ in range(7)))
    if chance.random() < 0.25:
        lines.append(f"echo {chance.randint(5, 130)} {chance.randint(5, 45)}")
    if chance.random() < 0.35:
        points = sorted(chance.sample(range(100, 3600, 50), 4))
        lines.append("tone " + " ".join(f"{at} {chance.randint(40, 255)}" for at in points))
    return lines


def pick_held_out_voice(chance: random.Random) -> Voice:
    """A voice that is never trained on, at an ordinary speed."""
    name = f"{chance.choice(ACCENTS)}+{chance.choice(HELD_OUT)}"
    return Voice(name, chance.randint(128, 165), chance.randint(35, 65))
