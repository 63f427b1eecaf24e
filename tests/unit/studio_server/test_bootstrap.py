"""What people are shown: addresses that they can reach, and what was done."""

from annotate.studio_server import bootstrap
from tests.unit.label_studio.fake_server import FakeServer


def test_addresses_are_those_that_people_reach(tmp_path):
    server = FakeServer()
    hook = bootstrap.Hook(url="https://hooks.test/webhook", secret_file=tmp_path / "secret")
    told = bootstrap.set_up(server.connection(), "https://studio.test", None, hook)
    assert told["record"] == {
        "id": 1,
        "url": "https://studio.test/projects/1/data",
        "outcome": "created",
    }
    assert told["invite"] == "https://studio.test/user/signup/?token=t"
    assert told["webhook"]["outcome"] == "created"
    assert [one["project"] for one in server.webhooks] == [1, 2]
    again = bootstrap.set_up(server.connection(), "https://studio.test", None, hook)
    assert again["review"]["outcome"] == again["webhook"]["outcome"] == "unchanged"


def test_no_webhook_is_registered_unasked(tmp_path):
    server = FakeServer()
    assert "webhook" not in bootstrap.set_up(server.connection(), "https://studio.test", None, None)
    assert server.webhooks == []
