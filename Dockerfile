# The service, and the event sink that docker-compose.yml runs beside it.

FROM docker.io/library/python:3.13.14-slim-trixie AS base

FROM base AS build
WORKDIR /srv
COPY requirements.txt ./
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements.txt
COPY domain ./domain
COPY application ./application
COPY infrastructure ./infrastructure
COPY app ./app
COPY scripts/event_sink.py ./scripts/
# Compiled here, since the service cannot write beside its code.
RUN python -m compileall -q .

FROM base
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin pizzeria \
    && install --directory --owner pizzeria --group pizzeria /data
COPY --from=build /venv /venv
COPY --from=build /srv /srv
WORKDIR /srv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    PIZZERIA_DATABASE_URL=sqlite:////data/pizzeria.db \
    PIZZERIA_LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live', timeout=2)"]
ENTRYPOINT ["python", "-m", "app.cli"]
CMD ["serve"]
