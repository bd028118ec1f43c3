# edgar-fetch in a container. /data is where you mount a folder: for the list, the documents, and what all containers share
# about the SEC's limit. README.md, *Install*, has the command.
FROM node:22-slim AS build
WORKDIR /opt/edgar-fetch
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
WORKDIR /opt/edgar-fetch
COPY --from=build /opt/edgar-fetch/package.json /opt/edgar-fetch/LICENSE ./
COPY --from=build /opt/edgar-fetch/bin bin
COPY --from=build /opt/edgar-fetch/dist dist
COPY --from=build /opt/edgar-fetch/node_modules node_modules
RUN mkdir /data && chown node:node /data
ENV EDGAR_FETCH_STATE_DIR=/data/.edgar-fetch-machine
USER node
WORKDIR /data
ENTRYPOINT ["node", "/opt/edgar-fetch/bin/edgar-fetch.js"]
