"""A token is sent only to servers that the user confirmed, whatever the local settings name."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.label_studio import trusted_servers
from annotate.model.errors import AnnotateError
from tests.unit.label_studio.fake_server import mode


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_server_is_stored_once_in_a_private_file() -> None:
    assert trusted_servers.confirmed() == frozenset()
    for _ in range(2):
        trusted_servers.confirm("https://studio.example.org/label/")
    trusted_servers.confirm("http://127.0.0.1:8080")
    assert json.loads(trusted_servers.path().read_text()) == [
        "http://127.0.0.1:8080",
        "https://studio.example.org:443",
    ]
    assert mode(trusted_servers.path()) == 0o600


@pytest.mark.parametrize(
    "url",
    [
        "https://studio.example.org",
        "https://STUDIO.example.org:443/",
        "https://studio.example.org/projects/1",
    ],
)
def test_a_confirmed_server_is_trusted_in_any_spelling(url: str) -> None:
    trusted_servers.confirm("https://studio.example.org/")
    trusted_servers.check(url, "annotate.toml")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org",
        "http://studio.example.org",
        "https://studio.example.org:8443",
        "https://studio.example.org.evil.org",
        "https://xstudio.example.org",
    ],
)
def test_any_other_server_is_rejected_with_both_names(url: str) -> None:
    trusted_servers.confirm("https://studio.example.org/")
    with pytest.raises(AnnotateError) as caught:
        trusted_servers.check(url, "annotate.toml")
    message = str(caught.value)
    assert message.startswith(f"annotate.toml names {url} ")
    assert "https://studio.example.org:443" in message
    assert f"annotate studio login --url {url}" in message


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://a", "https://", "https://a:x", "https://a:99999", "file:///etc", "//a"]
)
def test_an_invalid_url_is_an_error(url: str) -> None:
    with pytest.raises(AnnotateError, match="no address of a Label Studio"):
        trusted_servers.origin(url)


@pytest.mark.parametrize("url", ["https://me:hush@a", "https://hush@a", "https://:hush@a"])
def test_a_url_with_a_password_is_an_error_without_the_password(url: str) -> None:
    with pytest.raises(AnnotateError) as caught:
        trusted_servers.origin(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '"x"'])
def test_a_broken_list_trusts_no_server(content: str) -> None:
    trusted_servers.path().parent.mkdir(parents=True)
    trusted_servers.path().write_text(content)
    with pytest.raises(AnnotateError, match="correct or remove it"):
        trusted_servers.check("https://a", "annotate.toml")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_is_an_origin_or_an_error(text: str) -> None:
    for url in (text, f"https://{text}"):
        try:
            normalized = trusted_servers.origin(url)
        except AnnotateError:
            continue
        assert trusted_servers.origin(normalized) == normalized
