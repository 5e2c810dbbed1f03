FROM node:20 AS base
ENV NODE_ENV=production
WORKDIR /app

FROM base AS deps
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

FROM deps AS test
RUN npm test

FROM base AS runtime
COPY --chown=node:node --from=deps /app/node_modules ./node_modules
COPY --chown=node:node . .
USER node
HEALTHCHECK --interval=30s --timeout=3s CMD ["node", "health.js"]
CMD ["node", "server.js"]
