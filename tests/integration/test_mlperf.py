"""Decoding by MLPerf's rules, compared with openai-whisper, and the command that measures it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import whisper

from annotate.media.audio import Samples
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from benchmarks.recognizers.mlperf import MAX_NEW_TOKENS, PackedWhisper
from benchmarks.recognizers.packing import PackedWindow, Utterance, pack
from tests.sounds import as_wav, spoken
from tests.whispers import random_weights, save

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
EXCERPTS = [
    ("astronaut-01", 0.0, 14.0),
    ("cat-01", 3.0, 9.0),
    ("coffee-02", 10.0, 31.0),
    ("cat-02", 0.0, 5.0),
]


def packed_windows() -> list[PackedWindow]:
    return pack(
        Utterance(recording=name, start_ms=0, samples=spoken(name, start, end))
        for name, start, end in EXCERPTS
    )


def stock_tokens(network: whisper.Whisper, samples: Samples) -> list[int]:
    options = whisper.DecodingOptions(
        language="en", without_timestamps=True, sample_len=MAX_NEW_TOKENS, fp16=False
    )
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), network.dims.n_mels)
    tokens: list[int] = whisper.decode(network, mel, options).tokens
    return tokens


def test_tokens_are_those_of_stock_without_timestamps() -> None:
    windows = packed_windows()
    assert [len(window.parts) for window in windows] == [2, 2]
    decoded = PackedWhisper(find("demo"), "cpu", compute_type="float32").decode_windows(
        [window.samples for window in windows], word_times=False
    )
    network = load(find("demo"), "cpu").network
    for window, found in zip(windows, decoded, strict=True):
        expected = stock_tokens(network, window.samples)
        assert list(found.tokens) == expected
        assert len(expected) > 10


@pytest.mark.parametrize("seed", range(3))
def test_random_weights_give_stocks_tokens_up_to_the_limit(seed: int, tmp_path: Path) -> None:
    network = random_weights(seed=seed)
    engine = PackedWhisper(save(network, tmp_path / "random.pt"), "cpu", compute_type="float32")
    samples = [window.samples for window in packed_windows()]
    expected = [stock_tokens(network, one) for one in samples]
    found = engine.decode_windows(samples, word_times=False)
    assert [list(one.tokens) for one in found] == expected
    assert max(map(len, expected)) == MAX_NEW_TOKENS


def test_word_times_change_no_token_and_lie_in_the_window() -> None:
    samples = [window.samples for window in packed_windows()]
    engine = PackedWhisper(find("demo"), "cpu", batch=8, compute_type="float32")
    without = engine.decode_windows(samples, word_times=False)
    for one, plain, window in zip(
        engine.decode_windows(samples, word_times=True), without, samples, strict=True
    ):
        assert one.tokens == plain.tokens
        assert not plain.words
        assert " ".join(word.text.strip() for word in one.words) == engine.text_of(one.tokens)
        ends = [word.end_ms for word in one.words]
        assert ends == sorted(ends)
        assert 0 < ends[-1] <= len(window) // 16


def test_results_are_in_the_order_of_the_windows() -> None:
    samples = [spoken("cat-01", 0.0, float(end)) for end in range(1, 12)]
    engine = PackedWhisper(find("demo"), "cpu", batch=8, compute_type="float32")
    alone = [engine.decode_windows([one], word_times=False)[0] for one in samples]
    assert engine.decode_windows(samples, word_times=False) == alone


def bench(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    figures = folder / "figures.json"
    command = [sys.executable, "benchmarks/asr.py", "--mlperf", "--device", "cpu"]
    command += ["--json", str(figures), "--recordings", str(folder), "--truth", str(folder)]
    completed = subprocess.run(
        [*command, "--threads", "1", *options],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return json.loads(figures.read_text("utf-8")), completed.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first 12 s of one of the demo's recordings, under its name, and its true words."""
    (tmp_path / "astronaut-01.wav").write_bytes(as_wav(spoken("astronaut-01", 0.0, 12.0)))
    words = json.loads((ROOT / "data/demo/truth/astronaut-01.json").read_text("utf-8"))["words"]
    known = {"words": [word for word in words if word["end_ms"] < 12_000]}
    (tmp_path / "astronaut-01.json").write_text(json.dumps(known))
    return tmp_path


def test_the_command_reports_both_passes(folder: Path) -> None:
    report, output = bench(folder, "--repeat", "3")
    assert (report["samples"], report["speech_seconds"]) == (3, 36.0)
    assert report["rules"]["max_new_tokens"] == MAX_NEW_TOKENS
    without, with_times = report["passes"].values()
    for found in (without, with_times):
        assert found["samples_per_second"] == pytest.approx(3 / found["seconds"])
        assert found["wer"] < 0.2
    assert without["tokens"] == with_times["tokens"]
    assert without["word_time_error_ms"] is None
    assert with_times["word_time_error_ms"] < 60
    assert "with word times" in output


def test_random_weights_decode_the_given_number_of_tokens(folder: Path) -> None:
    report, output = bench(folder, "--random-weights", "tiny", "--tokens-per-window", "20")
    assert [found["tokens"] for found in report["passes"].values()] == [20, 20]
    assert report["passes"]["with_word_times"]["wer"] is None
    assert "tiny with random weights" in output
    assert "expected" not in output


def test_an_error_is_one_line(folder: Path) -> None:
    command = [sys.executable, "benchmarks/asr.py", "--mlperf", "--device", "cpu"]
    completed = subprocess.run(
        [*command, "--recordings", str(folder), "--model", "nowhere.pt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 2
    assert completed.stderr.splitlines()[-1].startswith(
        "by MLPerf's rules: there is no file nowhere.pt"
    )
