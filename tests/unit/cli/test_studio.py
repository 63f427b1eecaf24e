"""The commands around Label Studio say what is missing, and keep secrets off the command line."""

import json
import socket
import sys

import pytest

from annotate.cli import main


@pytest.fixture
def annotate(monkeypatch, capsys, tmp_path, tmp_path_factory):
    monkeypatch.chdir(tmp_path)
    # Of Label Studios that other tests have made nothing is known here.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    for name in ("URL", "TOKEN"):
        monkeypatch.delenv(f"ANNOTATE_LABEL_STUDIO__{name}", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["annotate", *words])
        with pytest.raises(SystemExit) as leaving:
            main()
        return int(leaving.value.code or 0), *capsys.readouterr()

    return run


@pytest.mark.parametrize("words", [("studio", "setup"), ("serve",)])
def test_without_a_server_it_is_said_how_to_get_one(annotate, words):
    code, out, err = annotate(*words)
    assert (code, out) == (2, "")
    assert "annotate studio up" in err


def test_a_token_from_the_settings_stays_with_their_server(annotate, monkeypatch):
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "the-secret-token")
    code, _, err = annotate("studio", "setup")
    assert (code, "can't be reached" in err) == (2, True)
    code, _, other = annotate("studio", "setup", "--url", "http://127.0.0.1:10")
    assert (code, "no token for http://127.0.0.1:10" in other) == (2, True)
    assert "the-secret-token" not in err + other


def test_a_token_may_be_given_and_is_never_told(annotate):
    code, out, err = annotate("studio", "setup", "--url", "http://127.0.0.1:9", "--token", "secret")
    assert (code, "can't be reached" in err) == (2, True)
    assert "secret" not in out + err


def test_a_token_file_that_is_not_there_is_named(annotate):
    code, _, err = annotate("studio", "setup", "--url", "http://x", "--token-file", "nowhere")
    assert (code, "no secret in nowhere" in err) == (2, True)


def test_a_taken_port_is_a_mistake_to_mend(annotate, tmp_path):
    (tmp_path / "token").write_text("a.b.c")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = ("--url", "http://127.0.0.1:9", "--token-file", "token", "--port", port)
        code, _, err = annotate("serve", *words)
    assert (code, "choose another with --port" in err) == (2, True)


def test_stopping_nothing_is_no_mistake(annotate):
    code, out, _ = annotate("studio", "down", "--json")
    assert (code, json.loads(out)) == (0, {"stopped": False})


def test_a_wrong_protocol_or_webhook_stops_before_anything_is_started(annotate, tmp_path):
    for words in (
        ("--protocol", "nowhere.json"),
        ("--webhook", "somewhere"),
        ("--url", "javascript:alert(1)"),
    ):
        code, _, err = annotate("studio", "up", *words)
        assert (code, words[1] in err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_images_that_are_not_there_are_said_first(annotate):
    code, _, err = annotate("studio", "assign", "nowhere.jpg")
    assert (code, "nowhere.jpg is not there" in err) == (2, True)


@pytest.mark.parametrize("rate", ["inf", "nan", "1e308", "-1"])
def test_pay_is_a_number_of_this_world(annotate, rate):
    code, _, err = annotate("studio", "report", "--rate", rate)
    assert (code, "--rate" in err) == (2, True)
