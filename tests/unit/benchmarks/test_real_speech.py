"""The benchmark on real speech: texts beside the audio, normalized word error rate, speakers."""

from pathlib import Path
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from benchmarks.real_speech import figures, read_texts, speaker_of

# openai-whisper's normalizer leaves its file of spellings open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def a_folder(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("some words\n")
    return path


def test_texts_are_read_beside_the_audio_and_below(tmp_path: Path) -> None:
    a_folder(tmp_path, "a.wav", "a.lab", "deep/b.FLAC", "deep/b.txt", "README.md")
    assert read_texts(tmp_path) == {
        tmp_path / "a.wav": "some words",
        tmp_path / "deep" / "b.FLAC": "some words",
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no audio files in"),
        (("a.wav",), r"a\.wav has no text: put it into a\.lab"),
        (("a.wav", "a.lab", "b/a.wav", "b/a.lab"), "two files .* have the same name"),
    ],
)
def test_a_folder_that_cannot_be_scored_is_an_error(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(AnnotateError, match=message):
        read_texts(a_folder(tmp_path, *names))


def test_the_speaker_is_the_first_part_of_the_name() -> None:
    names = ("61-70968-0000.flac", "61-70970-0001.flac", "jfk.flac", "austen-0870.wav")
    assert {speaker_of(Path(name)) for name in names} == {"61", "jfk", "austen"}


def result(*words: str) -> dict[str, Any]:
    clip = {"name": "a#0", "words": [(word, 0, 10) for word in words]}
    return {"transcripts": [clip], "seconds": 2.0, "peak_mb": 500.0}


def test_texts_are_normalized_before_they_are_compared() -> None:
    texts = {Path("a.wav"): "mister bennet's ill disposed colour"}
    found = figures(result("Mr.", "Bennet's", "ill-disposed", "color."), texts, 10.0, "en")
    assert (found["wer"], found["rtfx"]) == (0.0, 5.0)


def test_each_kind_of_error_is_counted() -> None:
    texts = {Path("a.wav"): "one red chair stands here"}
    found = figures(result("one", "green", "chair", "stands", "right", "here"), texts, 10.0, "en")
    assert (found["substitutions"], found["deletions"], found["insertions"]) == (1, 0, 1)
    assert (found["words"], found["wer"]) == (5, 0.4)


def test_an_engine_that_failed_has_its_error() -> None:
    assert figures({"error": "no weights"}, {}, 1.0, "en") == {"error": "no weights"}
