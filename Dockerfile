# The daemon and its client in one small image.
#   docker build -t octet .
#   docker run -v /path/to/repository:/models:ro -p 127.0.0.1:8001:8001 -p 127.0.0.1:8002:8002 octet
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY deploy/packages deploy/packages
RUN deploy/packages/install.sh build
COPY . .
RUN cmake --preset release -DOCTET_BUILD_TESTS=OFF \
 && cmake --build --preset release --target octetd octet \
 && strip build/server/octetd build/client/octet

FROM debian:bookworm-slim
COPY deploy/packages /tmp/packages
RUN /tmp/packages/install.sh runtime \
 && rm -rf /tmp/packages /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 octet \
 && useradd --system --uid 10001 --gid octet --no-create-home --shell /usr/sbin/nologin octet \
 && install --directory --owner octet --group octet /models
COPY --from=build /src/build/server/octetd /src/build/client/octet /usr/local/bin/

# Inside a container loopback reaches nobody, so the daemon listens on every address and says that
# it does so without TLS. Publish the ports on loopback, or set OCTET_TLS_CERT and OCTET_TLS_KEY.
ENV OCTET_MODEL_REPOSITORY=/models \
    OCTET_GRPC_ADDRESS=0.0.0.0:8001 \
    OCTET_METRICS_ADDRESS=0.0.0.0:8002 \
    OCTET_INSECURE=1
USER octet
EXPOSE 8001 8002
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["octet", "--address", "127.0.0.1:8001", "status"]
ENTRYPOINT ["octetd"]
