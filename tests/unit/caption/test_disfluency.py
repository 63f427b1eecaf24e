"""Removals and their reasons for every line of golden/said.txt, compared with golden/cleaned.md.

After a change of the rules, `python -m tests.unit.caption.test_disfluency` rewrites the golden
file; read its diff.
"""

from pathlib import Path

import pytest

from annotate.caption.disfluency import clean
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.model.narration import NarratedWord
from tests.builders import narrated

GOLDEN = Path(__file__).parent / "golden"


def narrated_words(text, **over):
    return [NarratedWord(**word) for word in narrated(text, **over)]


def written(cleaned):
    sentences = split_sentences(cleaned.tokens, CaptionOptions())
    return " ".join(word for sentence in sentences for word in sentence.written)


def show(line):
    if line.startswith("#"):
        return f"#{line}\n"
    cleaned = clean(narrated_words(line))
    words = line.split()
    removed = [
        f"{removal.why} `{' '.join(words[removal.first_word : removal.end_word])}`"
        for removal in cleaned.removals
    ]
    return f"> {line}\n\n{written(cleaned)}\n\n*{', '.join(removed) or 'nothing goes'}*\n"


def render():
    lines = (GOLDEN / "said.txt").read_text().splitlines()
    return "# What was said, what is kept, what goes and why\n\n" + "\n".join(map(show, lines))


def test_the_golden_examples_are_unchanged():
    assert render() == (GOLDEN / "cleaned.md").read_text()


def test_cleaning_is_idempotent():
    lines = [line for line in (GOLDEN / "said.txt").read_text().splitlines() if line[0] != "#"]
    remaining = [written(clean(narrated_words(line))) for line in lines]
    assert [written(clean(narrated_words(line))) for line in remaining] == remaining


def test_a_removal_has_the_indices_of_words_in_the_narration():
    removals = clean(narrated_words("a big um um dog no sorry cat [music]")).removals
    spans = [(removal.first_word, removal.end_word, removal.why) for removal in removals]
    assert spans == [(2, 4, "filler"), (8, 9, "not_speech")]


def test_every_word_is_a_token_or_removed():
    words = narrated_words("so um the the dog on the left no sorry on the right you know is red")
    cleaned = clean(words)
    removed = [at for one in cleaned.removals for at in range(one.first_word, one.end_word)]
    remaining = [token.word for token in cleaned.tokens]
    assert sorted(removed + remaining) == list(range(len(words)))


@pytest.mark.parametrize("text", ["", "um uh", "no sorry", "I mean", "scratch that", "the the the"])
def test_narrations_of_only_disfluencies_are_accepted(text):
    assert len(clean(narrated_words(text)).tokens) <= len(text.split())


def test_english_rules_do_not_apply_to_other_languages():
    cleaned = clean(narrated_words("um carro um um homem [música]"), "pt")
    assert [token.text for token in cleaned.tokens] == ["um", "carro", "um", "um", "homem"]


def test_a_pause_before_so_distinguishes_an_opener_from_a_conjunction():
    for clause, then in (("it hides", "It hides."), ("the cat hides", "So the cat hides.")):
        quick, slow = narrated_words(f"a dog so {clause}"), narrated_words(f"a dog so {clause}")
        slow[2:] = narrated_words(f"so {clause}", start_ms=1400)
        assert written(clean(quick)) == f"A dog so {clause}."
        assert written(clean(slow)) == f"A dog. {then}"


if __name__ == "__main__":
    (GOLDEN / "cleaned.md").write_text(render())
