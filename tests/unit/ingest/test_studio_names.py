"""Names of projects and images on a Label Studio server."""

import pytest

from annotate.ingest.studio import name_at, project_of
from annotate.model.errors import AnnotateError


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/3/1a2b-cat.jpg", "1a2b-cat.jpg"),
        ("https://studio.example/data/upload/3/photo%20%233.jpg?token=x#y", "photo #3.jpg"),
        ("/data/local-files/?d=shots/what%3F%20now.jpg", "what? now.jpg"),
        ("http://[broken", ""),
        ("https://studio.example", ""),
    ],
)
def test_an_image_without_a_name_is_named_after_its_url(address: str, name: str) -> None:
    assert name_at(address) == name


@pytest.mark.parametrize("source", ["label-studio:", "label-studio://", "label-studio://a/b"])
def test_a_source_without_a_project_is_an_error(source: str) -> None:
    with pytest.raises(AnnotateError, match="names no project"):
        project_of(source)


@pytest.mark.parametrize(
    ("source", "project"),
    [
        ("label-studio://3", "3"),
        ("label-studio:/3", "3"),
        ("label-studio://annotate%3A%20record", "annotate: record"),
        ("label-studio://annotate: record", "annotate: record"),
        ("label-studio://a%2Fb/", "a/b"),
        ("data/demo", None),
        ("label-studio", None),
    ],
)
def test_a_source_names_its_project(source: str, project: str | None) -> None:
    assert project_of(source) == project
