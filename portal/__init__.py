"""Accord's composition. Celery's app is made here so that every shared task finds it."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
