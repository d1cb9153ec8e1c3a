# Built from the lock file, every package held to its hash; runs as a user without rights, on one writable volume.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /app
COPY requirements.txt .
RUN /app/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY attribution attribution
COPY feeds feeds
COPY storage storage
COPY bot bot
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin bot && install -d -m 700 -o bot /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////data/attribution.db \
    HEALTH_PORT=9464 \
    LOG_FORMAT=json
USER 10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
# Whoever listens at 0.0.0.0 or :: is reached there too, from within.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, http.client as h; c = h.HTTPConnection(os.environ.get('HEALTH_HOST') or '127.0.0.1', os.environ['HEALTH_PORT'], timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["sh", "-c", "attribution-bot migrate && exec attribution-bot run"]
