"""Sentences of the control plane, as they are shown on a page."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
COMMAND = re.compile(r"`([^`]+)`")


@register.filter
def sentence(text: object) -> SafeString:
    """Services write what to type between backticks; a page shows that as code. Everything else is escaped."""
    return mark_safe(COMMAND.sub(r"<code>\1</code>", escape(text)))
