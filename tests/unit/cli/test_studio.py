"""The `annotate studio` commands: errors name what is missing and contain no secrets."""

import json
import socket
import sys

import pytest

from annotate.cli import main


@pytest.fixture
def annotate(monkeypatch, capsys, tmp_path, tmp_path_factory):
    monkeypatch.chdir(tmp_path)
    # Servers of other tests are listed in the user's configuration; use an empty one.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    for name in ("URL", "TOKEN"):
        monkeypatch.delenv(f"ANNOTATE_LABEL_STUDIO__{name}", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["annotate", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        return int(exit_.value.code or 0), *capsys.readouterr()

    return run


@pytest.mark.parametrize("arguments", [("studio", "setup"), ("serve",)])
def test_the_error_without_a_server_names_the_command_that_starts_one(annotate, arguments):
    code, out, err = annotate(*arguments)
    assert (code, out) == (2, "")
    assert "annotate studio up" in err


def test_a_token_from_the_settings_is_sent_only_to_their_server(annotate, monkeypatch):
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "the-secret-token")
    code, _, err = annotate("studio", "setup")
    assert (code, "can't be reached" in err) == (2, True)
    code, _, other = annotate("studio", "setup", "--url", "http://127.0.0.1:10")
    assert (code, "no token for http://127.0.0.1:10" in other) == (2, True)
    assert "the-secret-token" not in err + other


def test_a_given_token_is_never_printed(annotate):
    code, out, err = annotate("studio", "setup", "--url", "http://127.0.0.1:9", "--token", "secret")
    assert (code, "can't be reached" in err) == (2, True)
    assert "secret" not in out + err


def test_a_missing_token_file_is_named(annotate):
    code, _, err = annotate("studio", "setup", "--url", "http://x", "--token-file", "nowhere")
    assert (code, "no secret in nowhere" in err) == (2, True)


def test_a_port_in_use_is_an_error(annotate, tmp_path):
    (tmp_path / "token").write_text("a.b.c")
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = str(occupied.getsockname()[1])
        arguments = ("--url", "http://127.0.0.1:9", "--token-file", "token", "--port", port)
        code, _, err = annotate("serve", *arguments)
    assert (code, "choose another with --port" in err) == (2, True)


def test_stopping_no_server_is_not_an_error(annotate):
    code, out, _ = annotate("studio", "down", "--json")
    assert (code, json.loads(out)) == (0, {"stopped": False})


def test_an_invalid_protocol_or_url_is_an_error_before_anything_starts(annotate, tmp_path):
    for arguments in (
        ("--protocol", "nowhere.json"),
        ("--webhook", "somewhere"),
        ("--url", "javascript:alert(1)"),
    ):
        code, _, err = annotate("studio", "up", *arguments)
        assert (code, arguments[1] in err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_missing_images_are_an_error_before_the_server_is_needed(annotate):
    code, _, err = annotate("studio", "assign", "nowhere.jpg")
    assert (code, "nowhere.jpg is not there" in err) == (2, True)


@pytest.mark.parametrize("rate", ["inf", "nan", "1e308", "-1"])
def test_the_pay_rate_must_be_a_plausible_number(annotate, rate):
    code, _, err = annotate("studio", "report", "--rate", rate)
    assert (code, "--rate" in err) == (2, True)
