"""For servers that want an application by its name: `gunicorn web.wsgi:app`, without preloading."""

from web.app import from_environment

app = from_environment()
