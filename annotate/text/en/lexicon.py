"""English word lists, in lower case: closed classes, and frequent words of descriptions."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as one string."""
    return frozenset(text.split())


DETERMINERS = words("a an the this that these those some any each every another both")
POSSESSIVES = words("my your his her its our their")
PREPOSITIONS = words(
    "about above across against along among around at before behind below beneath beside between "
    "by down during for from in inside into near of off on onto out outside over past through to "
    "toward towards under until up upon with within without"
)
PRONOUNS = words("i you he she it we they me him them us who which what one")
CONJUNCTIONS = words("and or but because so if as than then while where when whether")
BE = words("is are was were am be been being")
AUXILIARIES = BE | words(
    "has have had do does did can could will would shall should may might must"
)
CLITICS = words(
    "i'm i'd i'll i've you're you'd you've he's he'd she's she'd it's it'd it'll we're we've "
    "they're they've there's here's that's what's who's where's let's there're"
)
SHORT_ADVERBS = words("just also not very really there here only even too quite rather")

FUNCTION_WORDS = (
    DETERMINERS
    | POSSESSIVES
    | PREPOSITIONS
    | PRONOUNS
    | CONJUNCTIONS
    | AUXILIARIES
    | CLITICS
    | SHORT_ADVERBS
)
"""Grammatical words, on which people stutter."""

EXPECTANT = FUNCTION_WORDS | words(
    "says say looks look becomes become seems seem holds hold wears wear shows show carries carry "
    "contains contain sees feels feel covers cover called named made many few several more most"
)
"""Words that can't end a phrase, so that no comma follows them."""

NEVER_LAST = words("a an the my your its our their and or")
"""Words with which no sentence ends, even where the recognizer has put a full stop."""

DANGLING = (
    DETERMINERS - words("this that these those some any both another each")
    | (POSSESSIVES - words("his her"))
    | words("and or of because very with from than")
)
"""A pause after one of these ends no sentence."""

NUMBERS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million first second third fourth half dozen"
)
COLOURS = words(
    "red orange yellow green blue purple violet pink brown black white gray grey gold golden "
    "silver beige cream turquoise maroon"
)
SIDES = words("left right top bottom middle center centre upper lower front back")
CLASSES = (NUMBERS, COLOURS, SIDES)
"""Within a class one word corrects another: `two, no wait, three`."""

NEGATIONS = words("no not none nothing nobody nowhere never neither nor without cannot")

LEGITIMATE_REPEATS = NUMBERS | words(
    "very really so far many much long more too that had no yes right left way again her can will "
    "do may might must"
)
"""Words that people repeat on purpose, or that end one clause and begin the next."""

OPENERS = words(
    "there there's it it's he he's she she's they they're this that's these those i i'm you we "
    "then next the on in at"
)
"""Words with which sentences of a description begin."""

AGREEING = {"is": words("it he she it's he's she's"), "are": words("they they're")}
"""Pronouns that restart a sentence broken off at this form of *to be*."""

ARTICLES = words("a an the")

ALWAYS_LOWER_CASE = (
    ARTICLES
    | PREPOSITIONS
    | (POSSESSIVES - words("my"))
    | words(
        "and or but nor than which who whose that this these those is are was were has have had it "
        "he she they we there not also because where while can could should would does did"
    )
)
"""Words that, of themselves, have no capital. `will`, `may`, `do`, `us` and others may: they are
names as well."""

POSSIBLE_NAMES = words(
    "i will may mark bill rose grace hope faith joy art jack june april august dawn daisy lily "
    "iris ruby pearl amber jade olive violet sandy rusty rocky pat sue gene dean earl duke king "
    "prince baron major miles max ray rob chase drew chip cliff dale glen heath forest brook lake "
    "ford clay stone wood hill bob nick rich harry don guy jean angel summer autumn robin jay "
    "christian german polish turkey china march can do us it mercury mars venus sun moon earth "
    "god west east north south"
)
"""Words that are names as well: one in lower case elsewhere is no evidence about a capital here."""

COMPARING = words(
    "looks look looked looking seems seem seemed sounds sound feels feel felt smells tastes acts "
    "shaped something anything someone somebody nothing things thing stuff more much just exactly "
    "almost kind sort is was are were be it's he's she's that's they're not"
)
"""Words after which `like` compares."""

ABBREVIATIONS = words("mr mrs ms dr st jr sr vs prof")
HESITATION = re.compile(r"u+h+m*|u+m+|e+r+m*|h+m+|m{2,}|m+h+m+|e+h+m*|a+h+m+")

ANAPHORA = words("it it's its it'll they they're them he he's she she's")
"""Pronouns for what was named before."""

CONTINUING = words("and but then others each these those that that's")
"""First words of a sentence that continues the one before."""

TALK = words(
    "see look looks looking let me think guess say says saying said know mean count notice suppose "
    "thing things kind sort bit lot okay ok alright well oh yeah yes sorry wait describe tell "
    "find found either anywhere something anything everything else maybe perhaps like get got go "
    "goes going now called call start i'll let's really all it'll another also still"
)
"""What annotators say about looking and talking; it has no content about the image."""

SYNONYMS = {
    word: group[0]
    for group in (
        ("picture", "photo", "photograph", "image", "shot"),
        ("text", "word", "letter", "writing", "written", "read", "label", "sign", "number"),
        ("woman", "lady"),
        ("man", "guy"),
        ("big", "large", "huge"),
        ("small", "little", "tiny"),
        ("gray", "grey"),
        ("gold", "golden"),
        ("color", "colour", "colored", "coloured"),
        ("middle", "center", "centre"),
        ("top", "upper"),
        ("bottom", "lower"),
    )
    for word in group
}
"""Words that count as one where two sentences are compared, by the first of each group."""
