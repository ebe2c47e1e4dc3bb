# The gateway with its add-ins. The image runs `trefoil`; give it a command such as `serve` or `migrate`.

FROM node:22-bookworm-slim AS addins
WORKDIR /src
COPY schema.graphql ./
COPY frontends frontends
RUN cd frontends && npm install --no-save --no-audit --no-fund && npm run gen && npm run build

FROM rust:1.95-bookworm AS gateway
RUN apt-get update && apt-get install -y --no-install-recommends cmake lld && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=addins /src/frontends/dist frontends/dist
RUN cargo build --release --locked --bin trefoil

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home trefoil
COPY --from=gateway /src/target/release/trefoil /usr/local/bin/trefoil
USER trefoil
ENTRYPOINT ["trefoil"]
CMD ["serve"]
