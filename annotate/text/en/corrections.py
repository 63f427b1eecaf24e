"""Self-corrections of the speaker: `on the left, no sorry, on the right`.

The structure is Shriberg's (Preliminaries to a Theory of Speech Disfluencies, 1994): a reparandum,
an interregnum (`no sorry`) and a repair that matches the reparandum. Nothing marks where the
reparandum begins, so it is found by its similarity to the repair: the same first words (`a man, I
mean a woman`), the same kind of phrase around the same or opposed words (`on the left, I mean in
the upper left`), or one word of a class for another (`two, no wait, three`). Without similarity
nothing is removed, the interregnum included: the caption then has the speaker's hesitation.
"""

from __future__ import annotations

from annotate.text.en.fillers import keys
from annotate.text.en.lexicon import (
    AGREEING,
    AUXILIARIES,
    BE,
    CLASSES,
    CLITICS,
    DANGLING,
    DETERMINERS,
    FUNCTION_WORDS,
    NEGATIONS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    SHORT_ADVERBS,
    SIDES,
)
from annotate.text.en.stems import stem
from annotate.text.tokens import Cut, Token

ATOMS = (
    ("scratch", "that"),
    ("strike", "that"),
    ("i", "mean"),
    ("or", "rather"),
    ("or", "actually"),
    ("make", "that"),
    ("excuse", "me"),
    ("sorry",),
    ("wait",),
    ("actually",),
    ("correction",),
    ("oh",),
    ("no",),
)
"""The phrases that make up an interregnum."""

WEAK = frozenset((("no",), ("sorry",), ("wait",)))
"""Alone and without punctuation these are weak evidence: only one word of a class for another
counts."""

NOTHING_ALONE = frozenset((("oh",), ("actually",)))
WITHDRAWING = frozenset((("scratch", "that"), ("strike", "that")))
FARTHEST = 8
_ATOM_STARTS = frozenset(atom[0] for atom in ATOMS)
_FARTHEST_ARTICLE = 5
_LONGEST_WITHDRAWN = 15
_ARTICLES = {"an": "a"}


def find_correction(tokens: list[Token], at: int) -> Cut | None:
    """The correction whose interregnum begins at this token, if its extent is clear."""
    end = _interregnum_end(tokens, at)
    if end == at or at == 0 or (end >= len(tokens) and not _withdraws(tokens, at)):
        return None
    weak = keys(tokens, at, end - at) in WEAK and not (tokens[at - 1].mark and tokens[end - 1].mark)
    before = _clause_before(tokens, at)
    if weak and any(token.key in NEGATIONS for token in tokens[before:at]):
        return None  # `no red, no blue`
    after = _clause_after(tokens, end)
    first = None
    if not weak:
        first = _same_start(tokens, before, at, after)
    if first is None:
        first = _same_kind(tokens, before, at, after, weak)
    if first is not None:
        comma = _loose_comma(tokens, first, at, end)
        return Cut(first=first, end=end, why="correction", withdrawn=True, loose_comma=comma)
    return _whole_sentence(tokens, before, at, end) or _broken_clause(tokens, before, at, end)


def find_broken_clause(tokens: list[Token], at: int) -> Cut | None:
    """A clause begun anew with a pronoun: `the buildings are, they're on the right`."""
    token = tokens[at]
    if token.key not in AGREEING or at == 0 or at + 1 >= len(tokens) or token.ends_sentence:
        return None
    restart = tokens[at + 1]
    if restart.key not in AGREEING[token.key] or tokens[at - 1].key in FUNCTION_WORDS:
        return None
    if "'" in restart.key:
        return Cut(first=at + 1, end=at + 2, why="abandoned", withdrawn=False)
    if token.mark != "," and not token.hesitant:
        return None  # `how big are they`
    return Cut(first=at, end=at + 2, why="abandoned", withdrawn=True)


def _interregnum_end(tokens: list[Token], at: int) -> int:
    end = at
    while size := _atom(tokens, end, first=end == at):
        end += size
    if keys(tokens, at, end - at) in NOTHING_ALONE:
        return at
    return end


def _atom(tokens: list[Token], at: int, *, first: bool) -> int:
    """How many tokens of an interregnum begin here. `no cups` and `wait for` are none."""
    if at >= len(tokens) or tokens[at].key not in _ATOM_STARTS:
        return 0
    for atom in ATOMS:
        size = len(atom)
        if keys(tokens, at, size) != atom:
            continue
        if atom == ("no",) and not first and not tokens[at].mark:
            return size if _atom(tokens, at + 1, first=False) else 0
        if atom == ("wait",) and first and not tokens[at].mark:
            return size if _atom(tokens, at + 1, first=False) else 0
        return size
    return 0


def _clause_before(tokens: list[Token], at: int) -> int:
    """The first token that can belong to the reparandum: within the sentence just ended."""
    start = at - 1
    while start > 0 and not tokens[start - 1].ends_sentence:
        start -= 1
    return start


def _clause_after(tokens: list[Token], end: int) -> list[Token]:
    after = []
    for token in tokens[end : end + FARTHEST]:
        after.append(token)
        if token.ends_sentence:
            break
    return after


def _same_start(tokens: list[Token], before: int, at: int, after: list[Token]) -> int | None:
    """Where the words that the repair repeats begin; most equal words in place, then nearest."""
    best: tuple[int, int] | None = None
    for start in range(max(before, at - FARTHEST), at):
        if after and _alike(tokens[start], after[0]):
            alike = sum(map(_alike, tokens[start:at], after))
            if _is_likely(tokens, start, at, after, alike):
                best = max(best or (0, 0), (alike, start))
    return best[1] if best else None


def _is_likely(tokens: list[Token], start: int, at: int, after: list[Token], alike: int) -> bool:
    """Whether the repair differs, and the reparandum isn't too long for its repeated start."""
    replaced = {token.key for token in tokens[start:at]}
    new = {token.key for token in after[: at - start + 2]} - replaced - FUNCTION_WORDS
    short = at - start <= _FARTHEST_ARTICLE or alike > 1 or after[0].key not in DETERMINERS
    return bool(new) and short


def _same_kind(
    tokens: list[Token], before: int, at: int, after: list[Token], weak: bool
) -> int | None:
    """Where a phrase begins that the repair repeats with a word of the same kind at its end."""
    last = tokens[at - 1]
    for position, token in enumerate(after[:4]):
        if not _opposed(last, token, same_allowed=position > 0 and not weak):
            continue
        frame = _frame_start(tokens, before, at, after[0]) if position else None
        if frame is not None:
            return frame
        lead = {word.key for word in after[:position]}
        if lead <= DETERMINERS | SHORT_ADVERBS | {"light", "dark", "more"} and not (weak and lead):
            return at - 1
    return None


def _frame_start(tokens: list[Token], before: int, at: int, opening: Token) -> int | None:
    """The nearest word that opens a phrase of the same kind as the repair's first word."""
    for kind in (PREPOSITIONS - SIDES, DETERMINERS | POSSESSIVES | NUMBERS):
        if opening.key in kind:
            for start in range(at - 2, max(before, at - 5) - 1, -1):
                if tokens[start].mark or tokens[start].key in AUXILIARIES | CLITICS:
                    return None
                if tokens[start].key in kind:
                    return start
    return None


def _opposed(last: Token, token: Token, *, same_allowed: bool) -> bool:
    """Whether one word can replace the other: of one class, or the same noun again."""
    if any(last.key in words and token.key in words for words in CLASSES):
        return same_allowed or last.key != token.key
    content = last.key not in FUNCTION_WORDS
    return same_allowed and content and stem(last.key) == stem(token.key)


def _alike(one: Token, other: Token) -> bool:
    return _ARTICLES.get(one.key, one.key) == _ARTICLES.get(other.key, other.key)


def _withdraws(tokens: list[Token], at: int) -> bool:
    return keys(tokens, at, 2) in WITHDRAWING


def _whole_sentence(tokens: list[Token], before: int, at: int, end: int) -> Cut | None:
    """`There is a dog. Scratch that.` takes back the sentence before it."""
    alone = tokens[at - 1].ends_sentence and at - before <= _LONGEST_WITHDRAWN
    if _withdraws(tokens, at) and alone:
        return Cut(first=before, end=end, why="correction", withdrawn=True)
    return None


def _broken_clause(tokens: list[Token], before: int, at: int, end: int) -> Cut | None:
    """`The spoon is behind the, no, it's next to the cup`: on from the first verb."""
    if tokens[at - 1].key not in DANGLING | PREPOSITIONS:
        return None
    for verb in range(at - 1, max(before, at - 4) - 1, -1):
        agreeing = AGREEING.get(tokens[verb].key, frozenset())
        if end < len(tokens) and tokens[end].key in agreeing and "'" in tokens[end].key:
            return Cut(first=verb + 1, end=end + 1, why="correction", withdrawn=True)
    return None


def _loose_comma(tokens: list[Token], first: int, at: int, end: int) -> int | None:
    """`the medals, I mean the ribbons, are`: the comma after the repair, to be removed too."""
    if tokens[at - 1].mark != ",":
        return None
    for position in range(end, min(end + (at - first) + 2, len(tokens) - 1)):
        if tokens[position].mark == ",":
            return position if tokens[position + 1].key in AUXILIARIES | BE else None
    return None
