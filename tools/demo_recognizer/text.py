"""What the training speech says: sentences about pictures, less than half of them from a grammar.

A recognizer this small would lean on any order of words that it can foresee. So more than half of
the sentences are free: phrases cut up and shuffled, content words strung together with random
function words, or words drawn blindly from the whole vocabulary. All of them are spoken the way
people describe pictures, with hesitations, repeated beginnings and corrections.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "data" / "demo"
SHARED_WORDS = 6
"""No training sentence has this many words in a row in common with a narration of the demo."""

KINDS = {"grammar": 0.45, "shuffled": 0.2, "strung": 0.22, "blind": 0.13}
_SLOT = re.compile(r"\{([^}]+)\}")
_MARKED = re.compile(r"\[([^\]]+)\]\(\w+!?\)")


class Grammar:
    """A grammar as in `grammar.txt`: names and their alternatives."""

    def __init__(self, source: str) -> None:
        """Read the format that the head of `grammar.txt` describes."""
        self.alternatives: dict[str, list[str]] = {}
        rule = ""
        for line in filter(None, source.splitlines()):
            if line.startswith("#"):
                continue
            if line.startswith("= "):
                rule = line[2:]
                self.alternatives.setdefault(rule, [])
            elif listed := re.fullmatch(r"(\w+): (.+)", line):
                self.alternatives[listed[1]] = listed[2].split()
            else:
                self.alternatives[rule].append(line)
        for name in ("noun", "plural"):  # lists of lists
            self.alternatives[name] = [f"{{{item}}}" for item in self.alternatives[name]]

    def expand(self, name: str, chance: random.Random) -> str:
        """One random phrase of the rule or word list `name`."""
        text = chance.choice(self.alternatives[chance.choice(name.split("|"))])
        return _SLOT.sub(lambda found: self.expand(found[1], chance), text)

    def words(self) -> frozenset[str]:
        """Every word that can be said, as it is written in mid-sentence."""
        texts = [text for several in self.alternatives.values() for text in several]
        bare = _SLOT.sub(" ", " ".join(texts)).replace(",", " ").split()
        return frozenset(bare) | {"an"}


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """The grammar that lies beside this file."""
    return Grammar((HERE / "grammar.txt").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """All words, sorted."""
    return tuple(sorted(load_grammar().words()))


class Writer:
    """Writes training sentences, none of them close to a narration of the demo."""

    def __init__(self, chance: random.Random, taboo: frozenset[tuple[str, ...]]) -> None:
        """`taboo` holds runs of `SHARED_WORDS` words that may not occur."""
        self._chance = chance
        self._taboo = taboo

    def sentence(self, kind: str | None = None) -> str:
        """One sentence with a capital and a full stop; `kind` is one of `KINDS`, or any."""
        write = {
            "grammar": lambda: self._spoken(self._clauses()),
            "shuffled": lambda: self._spoken(self._shuffled()),
            "strung": lambda: self._spoken(self._strung()),
            "blind": self._blind,
        }
        while True:
            chosen = kind or self._chance.choices(list(KINDS), list(KINDS.values()))[0]
            text = finish(write[chosen]())
            if not runs(plain_words(text)) & self._taboo:
                return text

    def _some(self, share: float) -> bool:
        return self._chance.random() < share

    def _say(self, name: str) -> str:
        return load_grammar().expand(name, self._chance)

    def _clauses(self) -> str:
        """One to three clauses, as the grammar has them."""
        text = self._say("clause")
        while len(text.split()) < 18 and self._some(0.45):
            link = self._chance.choice([", and", ", and", ",", ", but", ", so", " and", ", or"])
            text = f"{text}{link} {self._say('clause')}"
        return text

    def _shuffled(self) -> str:
        """Pieces of two to four words out of several clauses, in random order."""
        pieces: list[str] = []
        for _ in range(3):
            words = self._clauses().split()
            while words:
                size = self._chance.randint(1, 4)
                pieces.append(" ".join(words[:size]))
                words = words[size:]
        self._chance.shuffle(pieces)
        return " ".join(pieces[: self._chance.randint(2, 6)])

    def _strung(self) -> str:
        """Content words, each after a random function word or two."""
        words = []
        for _ in range(self._chance.randint(2, 6)):
            if self._some(0.85):
                words.append(self._say("glue"))
            words.append(self._say("heavy") + ("," if self._some(0.15) else ""))
        if self._some(0.2):
            words.append(self._say("glue"))
        return " ".join(words)

    def _blind(self) -> str:
        """Words of the whole vocabulary, all equally likely."""
        words = self._chance.choices(vocabulary(), k=self._chance.randint(3, 11))
        return " ".join(word + ("," if self._some(0.12) else "") for word in words)

    def _spoken(self, text: str) -> str:
        """Add what people add while they think; most sentences stay as they are."""
        if self._some(0.08):
            text = f"{text}, {self._say('correction')}, {self._say('where')}"
        elif self._some(0.08):
            text = f"{text}, {self._say('closing')}"
        if self._some(0.22):
            text = f"{self._say('opening')}, {text}"
        words = text.split()
        place = self._chance.randrange(len(words))
        if self._some(0.16):
            mark = "" if place == 0 or words[place - 1].endswith(",") else ","
            words[place - 1] += mark if place else ""
            words.insert(place, self._chance.choice(["um,", "uh,", "um,", "like,", "you know,"]))
        elif self._some(0.08):
            again = " ".join(words[place : place + self._chance.randint(1, 3)]).strip(",")
            words.insert(place, f"{again},")
        return " ".join(words)


def finish(text: str) -> str:
    """Write a phrase as a sentence: articles, commas, the first letter and the full stop."""
    text = re.sub(r"\s*,[\s,]*", ", ", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"\b([Aa])n? (?=[aeiouAEIOU](?!ne\b|niform))", r"\1n ", text)
    return f"{text[0].upper()}{text[1:]}."


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [word.strip(".,;:?!").lower() for word in text.split()]


def runs(words: list[str]) -> frozenset[tuple[str, ...]]:
    """All runs of `SHARED_WORDS` words; a shorter text is one run by itself."""
    count = max(1, len(words) - SHARED_WORDS + 1)
    return frozenset(tuple(words[first : first + SHARED_WORDS]) for first in range(count))


@lru_cache(maxsize=1)
def narration_lines() -> tuple[str, ...]:
    """What is said in the demo's narrations, a sentence or breath each, without marks."""
    lines = []
    for path in sorted((DEMO / "narrations").glob("*.md")):
        body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        lines += [line for line in body.splitlines() if line and not line.startswith("{")]
    return tuple(_MARKED.sub(r"\1", line) for line in lines)


@lru_cache(maxsize=1)
def narration_runs() -> frozenset[tuple[str, ...]]:
    """What no training sentence may contain."""
    return frozenset().union(*(runs(plain_words(line)) for line in narration_lines()))
