# An image with the program alone: docker build -t portcullis . && docker run --rm -p 8000:8000 portcullis
# The tests do not build it: they have no Docker.

FROM rust:1-bookworm AS build
WORKDIR /src
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock portcullis README.md ./
COPY core core
COPY host host
COPY tests tests
COPY wasm wasm
COPY web web
RUN ./portcullis build

FROM debian:bookworm-slim
RUN useradd --system --create-home --home-dir /var/lib/portcullis portcullis
COPY --from=build /src/target/release/portcullis /usr/bin/portcullis
USER portcullis
WORKDIR /var/lib/portcullis
ENV ROCKET_ADDRESS=0.0.0.0
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["portcullis"]
CMD ["serve"]
