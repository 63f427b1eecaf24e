"""Errors are one line with a remedy, a traceback only with --debug; JSON output is only JSON."""

import json
import logging
import shutil
import sys
from pathlib import Path

import pytest

from annotate.cli import app, main
from annotate.demo_model import MODEL
from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import known_servers


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["annotate", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    out, err = capsys.readouterr()
    return int(exit_.value.code or 0), out, err


@pytest.fixture
def annotate(monkeypatch, capsys, tmp_path, tmp_path_factory):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    # Servers of other tests are listed in the user's configuration; use an empty one.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    return lambda *arguments: run(monkeypatch, capsys, *arguments)


def test_an_error_is_one_line_on_standard_error(annotate) -> None:  # type: ignore[no-untyped-def]
    code, out, err = annotate("ingest", "nowhere", "--lake", "lake")
    assert (code, out) == (2, "")
    assert "annotate: nowhere/manifest.jsonl not found" in err
    assert "Traceback" not in err


def test_with_json_an_error_is_json(annotate) -> None:  # type: ignore[no-untyped-def]
    code, out, err = annotate("ingest", "nowhere", "--lake", "lake", "--json")
    assert json.loads(out)["exit_code"] == code == 2
    assert err == ""


def test_an_unknown_model_is_an_error_before_any_work(annotate, tmp_path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = annotate("run", "nowhere", "--lake", "lake", "--model", "turob")
    assert code == 2
    assert "no model 'turob': did you mean `turbo`?" in err
    assert not (tmp_path / "lake").exists()


def test_a_wrong_option_is_explained(annotate) -> None:  # type: ignore[no-untyped-def]
    code, _, err = annotate("status", "--lak", "lake")
    assert code == 2
    assert "--lake" in err


@pytest.fixture
def logger(monkeypatch) -> logging.Logger:  # type: ignore[no-untyped-def]
    """The logger that `--debug` configures, restored afterwards."""
    found = logging.getLogger("annotate")
    monkeypatch.setattr(found, "handlers", [])
    monkeypatch.setattr(found, "level", found.level)
    return found


def test_debug_raises_the_error(monkeypatch, logger, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sys, "argv", ["annotate", "ingest", str(tmp_path), "--debug"])
    with pytest.raises(AnnotateError):
        main()


def test_an_unexpected_error_is_one_line(monkeypatch, annotate) -> None:  # type: ignore[no-untyped-def]
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("annotate.store.location.LakeLocation.reject_missing", broken)
    code, _, err = annotate("status", "--lake", "lake")
    assert code == app.BUG
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert "Traceback" not in err


def test_file_names_are_not_taken_for_markup(annotate) -> None:  # type: ignore[no-untyped-def]
    code, _, err = annotate("ingest", "[bold]x[/]", "--lake", "lake")
    assert code == 2
    assert "[bold]x[/]/manifest.jsonl" in err.replace("\n", "")


@pytest.mark.parametrize(
    "command", [("status",), ("release", "list"), ("lake", "verify"), ("studio", "report")]
)
def test_the_error_of_a_missing_lake_has_its_path(annotate, tmp_path: Path, command) -> None:  # type: ignore[no-untyped-def]
    code, out, err = annotate(*command, "--lake", "typo/lake")
    assert (code, out) == (2, "")
    assert f"there is no lake at {tmp_path}/typo/lake: " in err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_release_is_an_error(annotate) -> None:  # type: ignore[no-untyped-def]
    code, _, err = annotate("release", "create", "v1", "--lake", "lake")
    assert code == 2
    assert "nothing to release" in err


def test_doctor_reports_a_lake_that_cannot_be_written(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("")
    code, out, _ = annotate("doctor", "--lake", "file/lake", "--json")
    report = {check["check"]: check for check in json.loads(out)["checks"]}
    assert code == 1
    assert report["lake"]["health"] == "failed"
    assert report["recognizer"]["health"] == "ok"
    assert report["label studio"]["health"] == "missing"


def test_doctor_creates_nothing(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = annotate("doctor", "--json")
    report = {check["check"]: check for check in json.loads(out)["checks"]}
    assert (code, report["lake"]["health"]) == (0, "ok")
    assert f"none at {tmp_path}/data/lake yet" in report["lake"]["found"]
    assert list(tmp_path.iterdir()) == []


def recognizer_of(out: str) -> dict[str, str]:
    found: dict[str, str]
    (found,) = (one for one in json.loads(out)["checks"] if one["check"] == "recognizer")
    return found


def test_doctor_names_the_limits_of_the_demos_model_only(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Whatever a model's size: someone's small one may be for real speech."""
    _, out, _ = annotate("doctor", "--model", "demo", "--json")
    assert "synthetic voices only" in recognizer_of(out)["advice"]
    shutil.copy(MODEL.path, tmp_path / "copy.pt")
    _, out, _ = annotate("doctor", "--model", "copy.pt", "--json")
    assert "synthetic voices only" in recognizer_of(out)["advice"]
    (tmp_path / "mine.pt").write_bytes(b"PK\x03\x04")
    _, out, _ = annotate("doctor", "--model", "mine.pt", "--json")
    assert recognizer_of(out)["advice"] == ""


def a_ctranslate2_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    return folder


def test_a_ctranslate2_folder_needs_its_engine(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Which is said before anything is ingested or transcribed."""
    model = a_ctranslate2_folder(tmp_path / "ct2")
    code, out, err = annotate("run", "recordings", "--model", str(model), "--lake", "lake")
    assert (code, out) == (2, "")
    assert "add --engine ctranslate2" in err
    assert not (tmp_path / "lake").exists()
    code, out, _ = annotate("doctor", "--model", str(model), "--json")
    assert code == 1
    assert "add --engine ctranslate2" in recognizer_of(out)["found"]
    _, out, _ = annotate("doctor", "--model", str(model), "--engine", "ctranslate2", "--json")
    assert recognizer_of(out)["health"] == "ok"


def test_a_parity_sample_is_rejected_before_transcription(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    model = a_ctranslate2_folder(tmp_path / "ct2")
    code, out, err = annotate(
        *("transcribe", "--model", str(model), "--engine", "ctranslate2"),
        *("--parity-sample", "5", "--lake", "lake"),
    )
    assert (code, out) == (2, "")
    assert "openai-whisper can't read a CTranslate2 model. Leave the option out" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "lake").exists()


def test_doctor_lists_servers_of_other_folders(annotate, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "other" / "data" / "studio"
    folder.mkdir(parents=True)
    secret_files.administrator(folder)
    known_servers.remember(folder)
    _, out, _ = annotate("doctor", "--json")
    report = {check["check"]: check for check in json.loads(out)["checks"]}
    assert str(folder) in report["label studio"]["found"]
    assert report["label studio"]["health"] == "missing"


def test_doctor_reports_an_unreachable_server(annotate, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "secret-token")
    code, out, _ = annotate("doctor", "--lake", "lake", "--json")
    report = {check["check"]: check for check in json.loads(out)["checks"]}
    assert code == 1
    assert "can't be reached" in report["label studio"]["found"]
    assert "secret-token" not in out


def test_an_invalid_setting_is_named(annotate, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("ANNOTATE_INGEST__MAX_BYTES", "many")
    code, _, err = annotate("status", "--lake", "lake")
    assert code == 2
    assert "ingest.max_bytes" in err


@pytest.mark.parametrize("command", ["transcribe", "run"])
def test_invalid_options_of_the_recognizer_are_explained(annotate, command: str) -> None:  # type: ignore[no-untyped-def]
    source = ["nowhere"] if command == "run" else []
    code, _, err = annotate(command, *source, "--engine", "quick", "--lake", "lake")
    assert (code, "annotate: setting transcribe.engine" in err) == (2, True)
    code, _, err = annotate(command, *source, "--language", "English", "--lake", "lake")
    assert (code, "two or three small letters" in err) == (2, True)
    code, _, err = annotate(command, *source, "--batch", "0", "--lake", "lake")
    assert (code, "--batch" in err) == (2, True)


def test_the_cost_is_reported_also_if_there_is_nothing_to_do(annotate) -> None:  # type: ignore[no-untyped-def]
    words = ("--gpu-hour-price", "2.5", "--initial-prompt", "A pad.", "--lake", "lake", "--json")
    code, out, _ = annotate("transcribe", *words)
    (step,) = json.loads(out)["steps"]
    assert (code, step["cost"], step["cost_per_1000"], step["elsewhere"]) == (0, 0.0, None, 0)
