#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    # A person reads along: no JSON, and nothing that is only informative between the lines of the answer.
    os.environ.setdefault("LOG_FORMAT", "console")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
