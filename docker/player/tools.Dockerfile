# A language's tools on a public base, which is a Debian with its package registry behind it.
ARG BASE
FROM ${BASE}
ARG PACKAGES
USER 0:0
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${PACKAGES} && \
    rm -rf /var/lib/apt/lists/*
