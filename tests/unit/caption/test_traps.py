"""Real words that rules could remove by mistake: golden/traps.txt, line by line.

Each kind has a heading: a title, or the code of the language of what follows. ` / ` is a silence
of 800 ms, ` |100| ` a cut between windows in a silence of 100 ms. After a change of the rules,
`python -m tests.unit.caption.test_traps` rewrites golden/traps.md; read its diff.
"""

import re
from pathlib import Path

from annotate.caption.disfluency import clean
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.model.language import is_spaced
from annotate.model.narration import NarratedWord
from tests.builders import narrated

GOLDEN = Path(__file__).parent / "golden"
BREAK = re.compile(r"\|(\d+)\||/")
EACH_MS = 300


def narrated_words(line, language="en"):
    """The words of a line, split at spaces; in unspaced languages, each character is a word."""
    words, now_ms, window = [], 0, 0
    spaced = is_spaced(language)
    for part in line.split():
        if found := BREAK.fullmatch(part):
            now_ms += int(found[1] or 800)
            window += found[1] is not None
            continue
        for index, text in enumerate([part] if spaced else re.findall(r"\w|\W+", part)):
            (word,) = narrated(text, start_ms=now_ms, each_ms=EACH_MS)
            over = {"space_before": spaced or index == 0, "window": window}
            words.append(NarratedWord(**{**word, **over}))
            now_ms += EACH_MS
    return words


def written(line, language):
    tokens = clean(narrated_words(line, language), language).tokens
    sentences = split_sentences(tokens, CaptionOptions(), language)
    text = "".join(sentence.lead + sentence.text for sentence in sentences)
    return text.removeprefix(sentences[0].lead) if sentences else ""


def examples():
    language = "en"
    for line in (GOLDEN / "traps.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            language = line[2:] if re.fullmatch("[a-z]{2,3}", line[2:]) else "en"
            yield line[2:], None, language
        else:
            yield line, written(line, language), language


def render():
    lines = ["# What was said, and what stands in the caption", ""]
    for line, text, language in examples():
        if text is None:
            lines += [f"## {line}", ""]
        elif text == line:
            lines += [f"- {line}", "  *(as it was said)*"]
        else:
            lines += [f"- {line}", f"  **{text}**"]
        if language and text is not None:
            lines += [""]
    return "\n".join(lines)


def test_the_captions_match_the_golden_file():
    assert render() == (GOLDEN / "traps.md").read_text("utf-8")


def test_there_are_many_examples_of_many_kinds():
    examples_read = list(examples())
    assert sum(text is not None for _, text, _ in examples_read) >= 80
    assert sum(text is None for _, text, _ in examples_read) >= 20


if __name__ == "__main__":
    (GOLDEN / "traps.md").write_text(render(), "utf-8")
