"""Set-up of the projects and the webhook, and the URLs in its report."""

from annotate.studio_server import bootstrap
from tests.unit.label_studio.fake_server import FakeServer


def test_urls_are_those_of_the_public_address(tmp_path):
    server = FakeServer()
    hook = bootstrap.Hook(url="https://hooks.test/webhook", secret_file=tmp_path / "secret")
    report = bootstrap.set_up(server.connection(), "https://studio.test", None, hook)
    assert report["record"] == {
        "id": 1,
        "url": "https://studio.test/projects/1/data",
        "outcome": "created",
    }
    assert report["invite"] == "https://studio.test/user/signup/?token=t"
    assert report["webhook"]["outcome"] == "created"
    assert [one["project"] for one in server.webhooks] == [1, 2]
    second = bootstrap.set_up(server.connection(), "https://studio.test", None, hook)
    assert second["review"]["outcome"] == second["webhook"]["outcome"] == "unchanged"


def test_no_webhook_is_registered_by_default(tmp_path):
    server = FakeServer()
    assert "webhook" not in bootstrap.set_up(server.connection(), "https://studio.test", None, None)
    assert server.webhooks == []
