"""Training text: random sentences about pictures, less than half of them from a grammar.

A recognizer this small would overfit to any predictable word order. So more than half of the
sentences are not grammatical: shuffled parts of clauses, content words with random function words,
or random words of the vocabulary. Disfluencies of spoken descriptions are added: hesitations,
repetitions and corrections.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "data" / "demo"
NGRAM_SIZE = 6
"""Training sentences share no n-gram of this many words with the demo's narrations."""

KINDS = {"grammar": 0.45, "shuffled": 0.2, "content_words": 0.22, "random_words": 0.13}
_SLOT = re.compile(r"\{([^}]+)\}")
_MARKED = re.compile(r"\[([^\]]+)\]\(\w+!?\)")


class Grammar:
    """A grammar as in `grammar.txt`: names and their alternatives."""

    def __init__(self, source: str) -> None:
        """Parse the format that the head of `grammar.txt` describes."""
        self.alternatives: dict[str, list[str]] = {}
        rule = ""
        for line in filter(None, source.splitlines()):
            if line.startswith("#"):
                continue
            if line.startswith("= "):
                rule = line[2:]
                self.alternatives.setdefault(rule, [])
            elif word_list := re.fullmatch(r"(\w+): (.+)", line):
                self.alternatives[word_list[1]] = word_list[2].split()
            else:
                self.alternatives[rule].append(line)
        for name in ("noun", "plural"):  # lists of lists
            self.alternatives[name] = [f"{{{item}}}" for item in self.alternatives[name]]

    def expand(self, name: str, rng: random.Random) -> str:
        """One random phrase of the rule or word list `name`."""
        text = rng.choice(self.alternatives[rng.choice(name.split("|"))])
        return _SLOT.sub(lambda match: self.expand(match[1], rng), text)

    def words(self) -> frozenset[str]:
        """Every word of the grammar, as written in mid-sentence."""
        texts = [text for alternatives in self.alternatives.values() for text in alternatives]
        bare = _SLOT.sub(" ", " ".join(texts)).replace(",", " ").split()
        return frozenset(bare) | {"an"}


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """The grammar in `grammar.txt`."""
    return Grammar((HERE / "grammar.txt").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """All words, sorted."""
    return tuple(sorted(load_grammar().words()))


class TextGenerator:
    """Generates training sentences without long n-grams of the demo's narrations."""

    def __init__(self, rng: random.Random, excluded: frozenset[tuple[str, ...]]) -> None:
        """`excluded` are n-grams of `NGRAM_SIZE` words that must not occur."""
        self._rng = rng
        self._excluded = excluded

    def sentence(self, kind: str | None = None) -> str:
        """One sentence with a capital and a full stop; `kind` is in `KINDS`, by default random."""
        generators = {
            "grammar": lambda: self._add_disfluencies(self._join_clauses()),
            "shuffled": lambda: self._add_disfluencies(self._shuffle_phrases()),
            "content_words": lambda: self._add_disfluencies(self._content_words()),
            "random_words": self._random_words,
        }
        while True:
            chosen = kind or self._rng.choices(list(KINDS), list(KINDS.values()))[0]
            text = finish(generators[chosen]())
            if not ngrams(plain_words(text)) & self._excluded:
                return text

    def _with_probability(self, share: float) -> bool:
        return self._rng.random() < share

    def _expand(self, name: str) -> str:
        return load_grammar().expand(name, self._rng)

    def _join_clauses(self) -> str:
        """One or more clauses of the grammar."""
        text = self._expand("clause")
        while len(text.split()) < 18 and self._with_probability(0.45):
            conjunction = self._rng.choice([", and", ", and", ",", ", but", ", so", " and", ", or"])
            text = f"{text}{conjunction} {self._expand('clause')}"
        return text

    def _shuffle_phrases(self) -> str:
        """Parts of one to four words of several clauses, in random order."""
        phrases: list[str] = []
        for _ in range(3):
            words = self._join_clauses().split()
            while words:
                size = self._rng.randint(1, 4)
                phrases.append(" ".join(words[:size]))
                words = words[size:]
        self._rng.shuffle(phrases)
        return " ".join(phrases[: self._rng.randint(2, 6)])

    def _content_words(self) -> str:
        """Content words, each after a random function word or two."""
        words = []
        for _ in range(self._rng.randint(2, 6)):
            if self._with_probability(0.85):
                words.append(self._expand("function_word"))
            word = self._expand("content_word")
            words.append(word + ("," if self._with_probability(0.15) else ""))
        if self._with_probability(0.2):
            words.append(self._expand("function_word"))
        return " ".join(words)

    def _random_words(self) -> str:
        """Words of the whole vocabulary, all equally likely."""
        words = self._rng.choices(vocabulary(), k=self._rng.randint(3, 11))
        return " ".join(word + ("," if self._with_probability(0.12) else "") for word in words)

    def _add_disfluencies(self, text: str) -> str:
        """Add corrections, openings, fillers and repetitions; many sentences get none."""
        if self._with_probability(0.08):
            text = f"{text}, {self._expand('correction')}, {self._expand('where')}"
        elif self._with_probability(0.08):
            text = f"{text}, {self._expand('closing')}"
        if self._with_probability(0.22):
            text = f"{self._expand('opening')}, {text}"
        words = text.split()
        position = self._rng.randrange(len(words))
        if self._with_probability(0.16):
            comma = "" if position == 0 or words[position - 1].endswith(",") else ","
            words[position - 1] += comma if position else ""
            words.insert(position, self._rng.choice(["um,", "uh,", "um,", "like,", "you know,"]))
        elif self._with_probability(0.08):
            repeated = " ".join(words[position : position + self._rng.randint(1, 3)]).strip(",")
            words.insert(position, f"{repeated},")
        return " ".join(words)


def finish(text: str) -> str:
    """Write a phrase as a sentence: articles, commas, the first letter and the full stop."""
    text = re.sub(r"\s*,[\s,]*", ", ", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"\b([Aa])n? (?=[aeiouAEIOU](?!ne\b|niform))", r"\1n ", text)
    return f"{text[0].upper()}{text[1:]}."


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [word.strip(".,;:?!").lower() for word in text.split()]


def ngrams(words: list[str]) -> frozenset[tuple[str, ...]]:
    """All n-grams of `NGRAM_SIZE` words; a shorter text is a single n-gram."""
    count = max(1, len(words) - NGRAM_SIZE + 1)
    return frozenset(tuple(words[first : first + NGRAM_SIZE]) for first in range(count))


@lru_cache(maxsize=1)
def narration_lines() -> tuple[str, ...]:
    """The lines of the demo's narrations, a sentence or phrase each, without markup."""
    lines = []
    for path in sorted((DEMO / "narrations").glob("*.md")):
        body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        lines += [line for line in body.splitlines() if line and not line.startswith("{")]
    return tuple(_MARKED.sub(r"\1", line) for line in lines)


@lru_cache(maxsize=1)
def narration_ngrams() -> frozenset[tuple[str, ...]]:
    """The n-grams that no training sentence may contain."""
    return frozenset().union(*(ngrams(plain_words(line)) for line in narration_lines()))
