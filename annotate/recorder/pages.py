"""Context of our own pages' templates, computed on first use."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse

from annotate.recorder import languages
from annotate.recorder.annotator_progress import interface_of
from annotate.recorder.page_texts import WORDS
from annotate.recorder.protocol import DEFAULT, INTERFACES
from annotate.recorder.roles import Role

PARAMETER = "lang"
"""Query parameter for the language of the pages before the login."""


class Page:
    """Context of a page; `{{ request.annotate_page }}` in templates."""

    def __init__(self, request: HttpRequest, user: Any, role: Role) -> None:
        self._request, self._user, self._role = request, user, role

    @property
    def for_annotator(self) -> bool:
        """Whether the user is an annotator without other roles."""
        return self._role is Role.ANNOTATOR

    @cached_property
    def requested(self) -> str | None:
        """The language requested in the URL, on pages before the login."""
        if self._user is not None:
            return None
        language = self._request.GET.get(PARAMETER)
        return language if language in INTERFACES else None

    @cached_property
    def chosen(self) -> str | None:
        """The language chosen by the user; None if there is none."""
        return self.requested or languages.chosen(self._request, self._user)

    @cached_property
    def interface(self) -> str:
        """The language that the first recording project sets."""
        return interface_of(self._user) or str(DEFAULT["interface"])

    @property
    def language(self) -> str:
        """The page's language."""
        return self.chosen or self.interface

    @property
    def direction(self) -> str:
        """The writing direction."""
        return "rtl" if self.language == "ar" else "ltr"

    @property
    def words(self) -> dict[str, str]:
        """The page's texts."""
        return WORDS[self.language]

    @property
    def other(self) -> str:
        """The other language."""
        return "en" if self.language == "ar" else "ar"

    @property
    def query_in_other(self) -> str:
        """The query of this page in the other language."""
        query = self._request.GET.copy()
        query[PARAMETER] = self.other
        return f"?{query.urlencode()}"

    def leave(self, response: HttpResponse) -> None:
        """Set the cookie for a language requested in the URL."""
        if self.requested is not None:
            languages.remember(response, self.requested)
