# The training service: web pages, API and training jobs on an NVIDIA GPU. The torch wheels bring the CUDA libraries, so the base is
# the same slim Python image as for the dataset service. The host provides the driver and the NVIDIA container toolkit.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}

ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ARG DEEPSYNTH_UID=1000

# The C compiler is for torch.compile, which builds kernels for the GPU.
# Skia links to the GL loader but renders on the CPU: it never opens the GL drivers, so they are removed.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libegl1 libgl1 tesseract-ocr \
        fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man /usr/lib/*/dri /usr/lib/*/libLLVM* /usr/lib/*/libz3*

RUN useradd --uid ${DEEPSYNTH_UID} --create-home --shell /usr/sbin/nologin deepsynth \
    && mkdir -p /workspace /cache && chown deepsynth:deepsynth /workspace /cache

# The libraries first: only changed pins rebuild this layer. setuptools is among them, so that a build of changed code needs no network.
# Arrow Flight (32 MB), which nothing here imports, is removed.
WORKDIR /app
COPY pyproject.toml constraints.txt ./
RUN python3 -m venv /opt/venv \
    && PATH=/opt/venv/bin:$PATH && mkdir data evaluation training web_ui && touch README.md LICENSE \
    && pip install --no-cache-dir --disable-pip-version-check -c constraints.txt setuptools '.[train]' \
    && pip uninstall --yes --quiet deepsynth && rm -rf build \
    && find /opt/venv -type d -name tests -prune -exec rm -rf {} + \
    && rm -rf /opt/venv/lib/python3*/site-packages/pyarrow/include /opt/venv/lib/python3*/site-packages/pyarrow/libarrow_flight.so*

COPY README.md LICENSE ./
COPY data data
COPY evaluation evaluation
COPY training training
COPY web_ui web_ui
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps . && rm -rf build

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DEEPSYNTH_WORKSPACE=/workspace \
    HF_HOME=/cache \
    TORCHINDUCTOR_CACHE_DIR=/cache/kernels \
    TRITON_CACHE_DIR=/cache/kernels/triton
USER ${DEEPSYNTH_UID}
WORKDIR /workspace
EXPOSE 5001
VOLUME ["/workspace", "/cache"]
# Without the proxy that Docker may set in the environment.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:5001/api/health', timeout=4)"]
CMD ["deepsynth", "serve", "--save-jobs-on-stop", "--role", "gpu", "--host", "0.0.0.0", "--port", "5001"]
