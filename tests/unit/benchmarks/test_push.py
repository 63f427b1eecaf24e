"""The benchmark pushes the given number of captions, each with separate files."""

from pathlib import Path

import pytest

from annotate.model.tables import Captions, Images, Recordings
from annotate.review.push import push
from annotate.store.lake import Lake
from benchmarks.push import fill
from tests.unit.label_studio.stub import StubStudio
from tests.unit.review.exchange import Setting


def test_every_caption_can_be_pushed_and_has_its_own_files(tmp_path: Path) -> None:
    demo = Setting(tmp_path / "demo", captions=2).lake
    lake = Lake(tmp_path / "lake")
    fill(lake, demo, 5)
    assert lake.read(Captions)["caption_id"].n_unique() == 5
    stub = StubStudio()
    project = stub.project("annotate: review")
    with stub.client() as studio:
        report = push(lake, studio, project)
    assert (report.pushed, report.refused) == (5, {})
    assert lake.read(Images)["clean_blob"].n_unique() == 5
    assert lake.read(Recordings)["blob"].n_unique() == 5
    assert len(stub.files) == 10


def test_without_the_demo_s_lake_the_error_names_make_demo(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run make demo first"):
        fill(Lake(tmp_path / "lake"), Lake(tmp_path / "none"), 1)
