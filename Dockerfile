# Two stages: the first has what building needs, the second only what running needs.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/build && python -m venv /opt/pointsman
COPY requirements.lock requirements-build.lock ./
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && /opt/pointsman/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY integrations integrations
COPY migrations migrations
COPY examples examples
RUN /opt/build/bin/python -m hatchling build -t wheel -d /dist \
 && (cd integrations/pointsman_sdk && /opt/build/bin/python -m hatchling build -t wheel -d /dist) \
 && /opt/pointsman/bin/pip install --no-cache-dir --no-deps /dist/*.whl \
 && /opt/pointsman/bin/python -m compileall -q /opt/pointsman

FROM python:3.13-slim
COPY --from=build /opt/pointsman /opt/pointsman
# Nothing is written at run time: the root file system may be read-only, and the account owns nothing.
ENV PATH=/opt/pointsman/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 POINTSMAN_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8000
# The same image serves (serve), works (work) and migrates (migrate).
ENTRYPOINT ["pointsman"]
CMD ["serve"]
