"""The console's site: who is let in, and pages beside the lists that Django makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from migration.admin.access import may_look

View = Callable[..., HttpResponseBase]


class Console(UnfoldAdminSite):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: list[URLPattern] = []

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff that belongs to one of the three groups, and superusers."""
        return bool(getattr(request.user, "is_staff", False)) and may_look(request.user)

    def extra_urls(self) -> list[URLPattern]:
        """unfold puts these before Django's own addresses, which would take any below a list for a row's."""
        return self.pages

    def add_page(self, route: str, view: View, *, name: str) -> None:
        self.pages.append(path(route, self._guarded(view), name=name))

    def _guarded(self, view: View) -> View:
        inner = self.admin_view(view)

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "HX-Request" in request.headers and not self.has_permission(request):
                # A page left open until the log-in ran out: a redirect would put the form into the middle of it.
                back = urlencode({"next": reverse(f"{self.name}:index")})
                login = f"{reverse(f'{self.name}:login')}?{back}"
                return HttpResponse(status=401, headers={"HX-Redirect": login})
            return inner(request, *args, **kwargs)  # type: ignore[no-any-return]

        return answer


console = Console(name="admin")
