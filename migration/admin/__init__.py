"""The console: one file a page. Every change is asked of the same services as `manage.py`'s commands."""
