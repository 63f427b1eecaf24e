"""Out-of-vocabulary speech for training: other languages, pseudowords, long numbers.

The recognizer has no tokens for it and should give it a low log-probability. So the training
target over such speech is the uniform distribution over all tokens (outlier exposure: Hendrycks et
al., 2019, "Deep anomaly detection with outlier exposure").
"""

from __future__ import annotations

import random

import numpy as np
from features import log_power
from numpy.typing import NDArray
from synthesis import WHISPER_RATE, Synthesizer, Voice, synthesize_sentences, to_whisper_rate
from voices import TRAINING_VARIANTS

SECONDS = 31

LANGUAGES = {
    "fr": "la maison bleue dans une petite rue avec beaucoup de fleurs rouges et trois enfants qui "
    "jouent devant la porte pendant que leur mère regarde par la fenêtre ouverte sur le jardin",
    "it": "il ragazzo cammina lungo la spiaggia mentre il sole tramonta dietro le montagne lontane "
    "e una barca bianca torna lentamente verso il porto con molti pesci nelle reti",
    "pl": "stary pies leży pod drzewem obok drewnianego domu gdzie kobieta w zielonej sukience "
    "sprzedaje jabłka i chleb a dzieci biegną szybko przez mokrą łąkę do rzeki",
    "nl": "de oude fiets staat tegen een stenen muur naast het kleine water waar twee eenden "
    "zwemmen onder een brug en iemand met een hoed kijkt rustig naar de wolken",
    "sv": "en gammal hund sover under ett stort bord medan barnen leker med en gul boll ute i det "
    "våta gräset och mormor bakar bröd i det lilla röda huset vid sjön",
    "fi": "vanha mies istuu järven rannalla ja kalastaa aamulla kun aurinko nousee metsän takaa "
    "ja linnut laulavat hiljaa korkeissa puissa veden äärellä",
    "da": "den unge kvinde sidder på en bænk foran det store hus og læser en bog mens hunden "
    "ligger stille under bordet og der er mange gule blomster i haven bag hegnet",
    "nb": "en mann står ved vinduet og ser ut på snøen som faller over fjellet mens katten sover "
    "foran ovnen og barna tegner med blå og grønne fargestifter på kjøkkenet",
    "af": "die ou vrou sit langs die pad en wag vir die bus terwyl haar kleinkind met klippe en "
    "stokke speel en agter die berge hang daar swaar donker wolke oor die veld",
    "pt": "um gato preto dorme em cima do muro enquanto as crianças correm pela praça e um homem "
    "vende frutas maduras perto da igreja velha com as portas pintadas de azul",
}
_STARTS = "b br c ch d dr f fl g gl h j k kl l m n p pr qu r s sk sp st t th tr v w y z"
_MIDDLES = "a e i o u ai ea ee oa oo ou ar er or"
_ENDS = "b ck d ff g l m n nd nk p r s sh st t x z tion ment ish"
_DIGITS_SHARE = 0.4


def make_out_of_vocabulary(count: int = 160, seed: int = 11) -> NDArray[np.float16]:
    """log10 mel power; shape (count, frames, 80). The same seed gives the same speech."""
    rng = random.Random(f"others {seed}")
    synthesizer = Synthesizer()
    return np.stack([_synthesize(rng, synthesizer) for _ in range(count)])


def _synthesize(rng: random.Random, synthesizer: Synthesizer) -> NDArray[np.float16]:
    language = rng.choice([*LANGUAGES, "en-us", "en-us", "en-gb-x-rp"])
    digits = language not in LANGUAGES and rng.random() < _DIGITS_SHARE
    speed, pitch = rng.randint(125, 170), rng.randint(30, 70)
    voice = Voice(f"{language}+{rng.choice(TRAINING_VARIANTS)}", speed, pitch)
    texts = [_digit_sequence(rng) if digits else _sentence(language, rng) for _ in range(9)]
    samples = to_whisper_rate(synthesize_sentences(texts, voice, rng, synthesizer)[0])
    length = SECONDS * WHISPER_RATE
    samples = np.pad(samples, (0, max(0, length - len(samples))))[:length]
    return log_power(samples).astype(np.float16)


def _digit_sequence(rng: random.Random) -> str:
    """Numbers of several digits; the vocabulary contains small ones only."""
    return ", ".join(str(rng.randint(13, 9999)) for _ in range(rng.randint(3, 6))) + "."


def _sentence(language: str, rng: random.Random) -> str:
    if language in LANGUAGES:
        words = rng.sample(LANGUAGES[language].split(), rng.randint(5, 12))
    else:
        words = [_pseudoword(rng) for _ in range(rng.randint(5, 10))]
    return f"{' '.join(words)}."


def _pseudoword(rng: random.Random) -> str:
    """A pseudoword of two to four syllables and an ending."""
    syllables = [
        rng.choice(_STARTS.split()) + rng.choice(_MIDDLES.split()) for _ in range(rng.randint(2, 4))
    ]
    return "".join(syllables) + rng.choice(_ENDS.split())
