"""Finds addresses that are not percent-encoded UTF-8, before Django repairs them.

Django makes text of a broken path again (byte FF becomes the three letters `%FF`), after which nobody can
tell it from a client that meant those letters. So the look happens one layer further out, around the WSGI
application. In a path, a `%` without two hex digits after it is plain text by the URL standard, and the
server hands it on as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEY = "chat.undecodable"
MALFORMED_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def flag_undecodable(application: WSGIApplication) -> WSGIApplication:
    """Mark such requests; the envelope middleware refuses them. Costs nothing to others but an encode."""

    def flagged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not (decodable(path_bytes(environ)) and query_is_well_formed(query_bytes(environ))):
            environ[KEY] = True
        return application(environ, start_response)

    return flagged


def is_undecodable(request: HttpRequest) -> bool:
    return KEY in request.META


def path_bytes(environ: WSGIEnvironment) -> bytes:
    # WSGI carries bytes as Latin-1 text; the server has undone the percent encoding already.
    return str(environ.get("PATH_INFO", "")).encode("latin-1", "replace")


def query_bytes(environ: WSGIEnvironment) -> bytes:
    return str(environ.get("QUERY_STRING", "")).encode("latin-1", "replace")


def query_is_well_formed(query: bytes) -> bool:
    return not MALFORMED_ESCAPE.search(query) and decodable(unquote_to_bytes(query))


def decodable(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
