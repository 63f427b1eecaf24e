"""Synthetic voices for training: the demo's annotators, espeak-ng's variants, and invented ones.

A recognizer trained on espeak-ng's sixty variants overfits to them. So many recordings have a
random voice of their own, defined like espeak-ng's variants by the frequency, strength and width of
its formants and by its breathiness, roughness and intonation.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import espeakng_loader
from text import HERE

sys.path.append(str(HERE.parent / "demo_data"))
from speech import DEMO_VOICES, Synthesizer, Voice


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ACCENTS = _split(
    "en-us en en-gb-x-rp en-029 en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-us-nyc"
)
TRAINING_VARIANTS = _split(
    "m1 m2 m3 m4 m6 m7 m8 f1 f2 f4 f5 Alex Andrea Andy Annie Denis Diogo Gene Hugo Jacky "
    "Lee Marco Mario Michael Mike adam anika antonio aunty belinda benjamin boris caleb "
    "david ed edward grandma grandpa gustave iven iven2 john kaukovalta klatt klatt2 klatt4 "
    "linda max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph "
    "steph3 travis victor zac"
)
HELD_OUT_VARIANTS = _split("f3 m5 Alicia steph2 klatt3 edward2 marcelo Henrique")
"""Voice variants that are not in the training data."""

_DEMO_SHARE = 0.3
_LISTED_SHARE = 0.25  # the rest are invented
INVENTED = "invented"


class VoiceSampler:
    """Samples random voices for a synthesizer, including invented ones."""

    def __init__(self, folder: Path) -> None:
        """Fill `folder` with links to espeak-ng's data; the invented voice is added there."""
        original = Path(espeakng_loader.get_data_path())
        self._variants = folder / "voices" / "!v"
        for path in original.rglob("*"):
            copy = folder / path.relative_to(original)
            if path.is_dir():
                copy.mkdir(parents=True, exist_ok=True)
            elif not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.symlink_to(path)
        self.synthesizer = Synthesizer(folder)

    def pick_voice(self, rng: random.Random) -> Voice:
        """A random training voice; an invented one replaces the previous one."""
        if rng.random() < _DEMO_SHARE:
            voice = rng.choice(DEMO_VOICES)
            speed = voice.speed_wpm + rng.randint(-12, 14)
            return Voice(voice.name, speed, voice.pitch + rng.randint(-4, 4))
        return self._pick_other(rng)

    def invent_voice(self, rng: random.Random) -> None:
        """Replace the invented voice by a new random one."""
        (self._variants / INVENTED).write_text(invent_variant(rng), encoding="ascii")

    def _pick_other(self, rng: random.Random) -> Voice:
        variant = INVENTED
        if rng.random() < _LISTED_SHARE / (1 - _DEMO_SHARE):
            variant = rng.choice(TRAINING_VARIANTS)
        else:
            self.invent_voice(rng)
        speed = round(rng.triangular(110, 205, 150))
        pitch, spread = rng.randint(15, 85), rng.randint(20, 85)
        return Voice(f"{rng.choice(ACCENTS)}+{variant}", speed, pitch, spread)


def invent_variant(rng: random.Random) -> str:
    """A random voice variant in espeak-ng's format; see its docs/voices.md.

    Formants are percentages of the default voice's: frequency, strength and width.
    """
    lines = ["language variant", f"name {INVENTED}"]
    if rng.random() < 0.2:
        lines.append(f"klatt {rng.randint(1, 6)}")
    size = rng.triangular(80, 135, 102)  # a short vocal tract has high formants
    strong, wide = rng.triangular(60, 160, 95), rng.triangular(60, 190, 130)
    for number in range(9):
        spread = 13 if number < 4 else 20
        frequency = min(155, max(62, rng.gauss(size if number else 100, spread)))
        strength = min(220, max(0, rng.gauss(strong, 22 if number < 4 else 35)))
        width = min(220, max(30, rng.gauss(wide, 25)))
        lines.append(f"formant {number} {frequency:.0f} {strength:.0f} {width:.0f}")
    low = rng.randint(60, 190)
    lines += [f"pitch {low} {low + rng.randint(30, 110)}", *_other_attributes(rng)]
    return "\n".join(lines) + "\n"


def _other_attributes(rng: random.Random) -> list[str]:
    """All attributes but the formants; some keep espeak-ng's default at random."""
    lines = [
        f"intonation {rng.randint(1, 4)}",
        f"consonants {rng.randint(40, 125)} {rng.randint(40, 125)}",
        f"voicing {rng.randint(45, 160)}",
        f"roughness {rng.randint(0, 5)}",
        f"flutter {rng.randint(0, 12)}",
        "stressAmp " + " ".join(str(rng.randint(13, 25)) for _ in range(8)),
    ]
    if rng.random() < 0.3:
        lines.append("stressAdd " + " ".join(str(rng.randint(-20, 90)) for _ in range(8)))
    if rng.random() < 0.3:
        lines.append("breath 0 " + " ".join(str(rng.randint(0, 8)) for _ in range(7)))
    if rng.random() < 0.25:
        lines.append(f"echo {rng.randint(5, 130)} {rng.randint(5, 45)}")
    if rng.random() < 0.35:
        points = sorted(rng.sample(range(100, 3600, 50), 4))
        lines.append("tone " + " ".join(f"{at} {rng.randint(40, 255)}" for at in points))
    return lines


def pick_held_out_voice(rng: random.Random) -> Voice:
    """A random voice that is not in the training data, at a usual speed."""
    name = f"{rng.choice(ACCENTS)}+{rng.choice(HELD_OUT_VARIANTS)}"
    return Voice(name, rng.randint(128, 165), rng.randint(35, 65))
