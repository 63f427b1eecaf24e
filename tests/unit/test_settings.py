"""Settings: defaults, then the file, then the environment, then what is passed."""

from pathlib import Path
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from annotate.settings import load


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = load()
    assert (settings.lake, settings.transcribe.model) == ("data/lake", "demo")


def test_each_source_beats_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annotate.toml").write_text('lake = "file"\n[transcribe]\nmodel = "tiny.en"\n')
    assert (load().lake, load().transcribe.model) == ("file", "tiny.en")
    monkeypatch.setenv("ANNOTATE_LAKE", "environment")
    monkeypatch.setenv("ANNOTATE_TRANSCRIBE__DEVICE", "cpu")
    assert load().lake == "environment"
    assert (load().transcribe.model, load().transcribe.device) == ("tiny.en", "cpu")
    assert load(lake="passed", model="turbo").lake == "passed"
    assert load(model="turbo").transcribe.model == "turbo"


def test_what_is_passed_goes_where_it_belongs_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text(
        "[transcribe]\ngpu_hour_price = 2.5\n[transcribe.decoding]\nno_speech_threshold = 0.5\n"
    )
    chosen = load(engine="stock", language="de", initial_prompt="A pad.", batch_windows=8)
    assert (chosen.transcribe.engine, chosen.transcribe.batch_windows) == ("stock", 8)
    assert (chosen.transcribe.gpu_hour_price, chosen.transcribe.device) == (2.5, "auto")
    decoding = chosen.transcribe.decoding
    assert (decoding.language, decoding.initial_prompt) == ("de", "A pad.")
    assert decoding.no_speech_threshold == 0.5


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"engine": "quick"}, "transcribe.engine: .*'annotate', 'stock' or 'ctranslate2'"),
        ({"language": "English"}, "transcribe.decoding.language"),
        ({"batch_windows": 0}, "transcribe.batch_windows"),
        ({"gpu_hour_price": -1.0}, "transcribe.gpu_hour_price"),
    ],
)
def test_a_wrong_wish_is_named(wish: dict[str, Any], told: str) -> None:
    with pytest.raises(AnnotateError, match=told):
        load(**wish)


def test_a_misspelt_setting_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text('lak = "file"\n')
    with pytest.raises(AnnotateError, match="lak"):
        load()


def test_a_misspelt_nested_setting_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text('[transcribe]\nmodell = "turbo"\n')
    with pytest.raises(AnnotateError, match="modell"):
        load()


def test_only_our_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", "http://elsewhere")
    monkeypatch.setenv("TOKEN", "of something else")
    assert load().label_studio.url is None
    assert load().label_studio.token is None


def test_a_file_that_is_no_toml_says_so(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text("lake: file\n")
    with pytest.raises(AnnotateError, match=r"annotate\.toml"):
        load()


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_SETTINGS", "missing.toml")
    with pytest.raises(AnnotateError, match=r"missing\.toml"):
        load()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "hush")
    monkeypatch.setenv("ANNOTATE_STORAGE_OPTIONS", '{"key": "hush"}')
    assert "hush" not in repr(load())


def test_settings_may_lie_in_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "My Projects بيانات #1 %20 [x]"
    folder.mkdir()
    (folder / "annotate.toml").write_text('lake = "a lake #2"\n', "utf-8")
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(folder / "annotate.toml"))
    assert load().lake == "a lake #2"
