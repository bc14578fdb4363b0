"""The Django project: settings, entry points, wiring of the chat service to its control plane."""

from chatproject.celery import app as celery_app

__all__ = ["celery_app"]
