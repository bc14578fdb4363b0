# One image for web, worker, beat and setup: only the command differs (docker-compose.yml).

FROM python:3.11.15-slim-bookworm AS packages
WORKDIR /build
COPY requirements.txt .
# Every file is checked against the hash pinned for it, and nothing is compiled: a package without a wheel fails here.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: --require-hashes \
       -r requirements.txt

FROM python:3.11.15-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=chatproject.settings \
    VAR_DIR=/app/var
RUN useradd --uid 10001 --create-home chat
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY chatproject ./chatproject
COPY chat ./chat
COPY migration ./migration
# A new volume takes over the owner of the directory it is mounted on.
RUN install --directory --owner=chat --group=chat /app/var
USER chat
EXPOSE 8080
CMD ["granian", "--interface=wsgi", "--host=0.0.0.0", "--port=8080", "chatproject.wsgi:application"]
