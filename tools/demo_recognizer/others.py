"""Speech of other words than the vocabulary's: other languages, invented words, long numbers.

The recognizer can't write it down, and should show in its probabilities that it is lost. So it
learns to find all tokens equally likely over such speech (outlier exposure: Hendrycks et al., 2019,
"Deep anomaly detection with outlier exposure").
"""

from __future__ import annotations

import random

import numpy as np
from features import log_power
from numpy.typing import NDArray
from takes import HEARD_RATE, Synthesizer, Voice, record_sentences, to_heard_rate
from voices import TRAINED

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
_NUMBERS_SHARE = 0.4


def make_others(count: int = 160, seed: int = 11) -> NDArray[np.float16]:
    """log10 mel power; shape (count, frames, 80). The same seed gives the same speech."""
    chance = random.Random(f"others {seed}")
    synthesizer = Synthesizer()
    return np.stack([_speak(chance, synthesizer) for _ in range(count)])


def _speak(chance: random.Random, synthesizer: Synthesizer) -> NDArray[np.float16]:
    language = chance.choice([*LANGUAGES, "en-us", "en-us", "en-gb-x-rp"])
    numbers = language not in LANGUAGES and chance.random() < _NUMBERS_SHARE
    speed, pitch = chance.randint(125, 170), chance.randint(30, 70)
    voice = Voice(f"{language}+{chance.choice(TRAINED)}", speed, pitch)
    texts = [_count(chance) if numbers else _sentence(language, chance) for _ in range(9)]
    samples = to_heard_rate(record_sentences(texts, voice, chance, synthesizer)[0])
    length = SECONDS * HEARD_RATE
    samples = np.pad(samples, (0, max(0, length - len(samples))))[:length]
    return log_power(samples).astype(np.float16)


def _count(chance: random.Random) -> str:
    """Long numbers, of whose words the vocabulary has only the smallest."""
    return ", ".join(str(chance.randint(13, 9999)) for _ in range(chance.randint(3, 6))) + "."


def _sentence(language: str, chance: random.Random) -> str:
    if language in LANGUAGES:
        words = chance.sample(LANGUAGES[language].split(), chance.randint(5, 12))
    else:
        words = [_invented(chance) for _ in range(chance.randint(5, 10))]
    return f"{' '.join(words)}."


def _invented(chance: random.Random) -> str:
    """A word that does not exist, of two to four syllables."""
    syllables = [
        chance.choice(_STARTS.split()) + chance.choice(_MIDDLES.split())
        for _ in range(chance.randint(2, 4))
    ]
    return "".join(syllables) + chance.choice(_ENDS.split())
