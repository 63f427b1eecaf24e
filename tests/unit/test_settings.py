"""Settings: defaults, overridden by the file, the environment, and arguments, in this order."""

import re
from pathlib import Path
from typing import Any

import pytest

import annotate
from annotate.model.errors import AnnotateError
from annotate.settings import KNOWN, load


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANNOTATE_TRANSCRIBE__MODEL")


def test_defaults() -> None:
    settings = load()
    assert (settings.lake, settings.transcribe.model) == ("data/lake", None)


def test_each_source_overrides_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "annotate.toml").write_text('lake = "file"\n[transcribe]\nmodel = "tiny.en"\n')
    assert (load().lake, load().transcribe.model) == ("file", "tiny.en")
    monkeypatch.setenv("ANNOTATE_LAKE", "environment")
    monkeypatch.setenv("ANNOTATE_TRANSCRIBE__DEVICE", "cpu")
    assert load().lake == "environment"
    assert (load().transcribe.model, load().transcribe.device) == ("tiny.en", "cpu")
    assert load(lake="passed", model="turbo").lake == "passed"
    assert load(model="turbo").transcribe.model == "turbo"


def test_arguments_override_nested_settings_and_leave_the_rest(tmp_path: Path) -> None:
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
    ("argument", "message"),
    [
        ({"engine": "quick"}, "transcribe.engine: .*'annotate', 'stock', 'ctranslate2' or 'auto'"),
        ({"language": "English"}, "transcribe.decoding.language"),
        ({"batch_windows": 0}, "transcribe.batch_windows"),
        ({"gpu_hour_price": -1.0}, "transcribe.gpu_hour_price"),
        ({"memory_gb": 1.0}, "transcribe.memory_gb"),
        ({"memory_gb": float("inf")}, "transcribe.memory_gb"),
        ({"memory_gb": float("nan")}, "transcribe.memory_gb"),
        (
            {"initial_prompt": "A cat <|endoftext|> x"},
            r"initial_prompt: <\|endoftext\|> is a special token",
        ),
    ],
)
def test_an_invalid_argument_is_named(argument: dict[str, Any], message: str) -> None:
    with pytest.raises(AnnotateError, match=message):
        load(**argument)


def test_a_misspelt_setting_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text('lak = "file"\n')
    with pytest.raises(AnnotateError, match="lak"):
        load()


def test_a_misspelt_nested_setting_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text('[transcribe]\nmodell = "turbo"\n')
    with pytest.raises(AnnotateError, match="modell"):
        load()


@pytest.mark.parametrize("setting", KNOWN)
def test_the_error_of_a_misspelt_setting_suggests_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """For every setting: two letters are swapped, in the file and in the environment."""
    *above, name = setting.split(".")
    wrong = f"{name[:-2]}{name[-1]}{name[-2]}" if name[-1] != name[-2] else f"{name}x"
    message = rf"^no such setting `{'.'.join([*above, wrong])}`: did you mean `{name}`\?"
    head = f"[{'.'.join(above)}]\n" if above else ""
    (tmp_path / "annotate.toml").write_text(f'{head}{wrong} = "x"\n')
    with pytest.raises(AnnotateError, match=message + r" annotate\.toml has it"):
        load()
    (tmp_path / "annotate.toml").unlink()
    variable = "ANNOTATE_" + "__".join([*above, wrong]).upper()
    monkeypatch.setenv(variable, "x")
    with pytest.raises(AnnotateError, match=f"{variable}.*did you mean|did you mean.*{variable}"):
        load()


def test_the_error_of_a_setting_in_the_wrong_section_suggests_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text('model = "turbo"\n')
    with pytest.raises(AnnotateError, match=r"`model`: did you mean `transcribe\.model`\?"):
        load()


def test_one_underscore_instead_of_two_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_TRANSCRIBE_MODEL", "turbo")
    with pytest.raises(AnnotateError, match="did you mean `ANNOTATE_TRANSCRIBE__MODEL`"):
        load()


def test_variables_of_other_parts_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    code = Path(annotate.__file__).parent.rglob("*.py")
    named = {name for path in code for name in re.findall(r"\bANNOTATE_[A-Z_]+", path.read_text())}
    settings = {"ANNOTATE_" + known.upper().replace(".", "__") for known in KNOWN}
    other_variables = {name for name in named - settings if "__" not in name}
    assert "ANNOTATE_RECORDINGS" in other_variables
    for name in other_variables - {"ANNOTATE_SETTINGS", "ANNOTATE_"}:
        monkeypatch.setenv(name, "1")
    load()


def test_only_variables_with_the_prefix_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", "http://other")
    monkeypatch.setenv("TOKEN", "of something else")
    assert load().label_studio.url is None
    assert load().label_studio.token is None


def test_an_invalid_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "annotate.toml").write_text("lake: file\n")
    with pytest.raises(AnnotateError, match=r"annotate\.toml"):
        load()


def test_a_missing_named_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_SETTINGS", "missing.toml")
    with pytest.raises(AnnotateError, match=r"missing\.toml"):
        load()


def test_the_repr_contains_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "hush")
    monkeypatch.setenv("ANNOTATE_STORAGE_OPTIONS", '{"key": "hush"}')
    assert "hush" not in repr(load())


def test_the_folder_of_settings_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "My Projects بيانات #1 %20 [x]"
    folder.mkdir()
    (folder / "annotate.toml").write_text('lake = "a lake #2"\n', "utf-8")
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(folder / "annotate.toml"))
    assert load().lake == "a lake #2"
