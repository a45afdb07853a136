# The operator's image: one binary, the shared libraries it is linked to, and nothing else: no shell, no package manager
# (SEC-52). Both bases are arguments, so that a build without a registry can name images made on the spot.
#
#   docker build -t kaizen .
#   buildah bud --pull-never --build-arg BUILDER_BASE=docker.io/library/debian:12-slim -t kaizen .
ARG BUILDER_BASE=debian:12-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171
ARG RUNTIME_BASE=scratch

FROM ${BUILDER_BASE} AS builder
ENV DEBIAN_FRONTEND=noninteractive CCACHE_DIR=/ccache
WORKDIR /src
COPY hack/packages.txt hack/
RUN apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends $(awk '$2 == "build" {print $1}' hack/packages.txt) > /dev/null && \
    rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json LICENSE ./
COPY cmake cmake
COPY controller controller
RUN --mount=type=cache,target=/ccache \
    cmake --preset release -DKAIZEN_TESTS=OFF > /dev/null && \
    cmake --build build/release --target kaizen

# The runtime's root: the binary, the libraries that the dynamic linker would find for it, time zones, the licence of
# each, and the public CAs for models on public servers (kaizen load names this file; nothing else reads it).
RUN mkdir -p /root-fs/etc/ssl/certs /root-fs/usr/share/doc/kaizen && \
    cp -L /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ && \
    strip --strip-debug -o /root-fs/kaizen "$(find build/release -type f -name kaizen -perm -u+x)" && \
    cp LICENSE /root-fs/usr/share/doc/kaizen/copyright && \
    echo 'kaizen:x:65532:65532:kaizen:/:/sbin/nologin' > /root-fs/etc/passwd && \
    echo 'kaizen:x:65532:' > /root-fs/etc/group && \
    echo 'hosts: files dns' > /root-fs/etc/nsswitch.conf && \
    ldd /root-fs/kaizen | awk '/=> \// {print $3} /^\t\// {print $1}' > libraries.txt && \
    xargs -I{} cp -L --parents {} /root-fs < libraries.txt && \
    cp -a /usr/share/zoneinfo /root-fs/usr/share/ && \
    (cd /root-fs/usr/share/zoneinfo && rm -rf posix right localtime posixrules leap* *.tab) && \
    xargs -n1 readlink -f < libraries.txt | sed 'p; s|^/usr||' | xargs dpkg -S 2>/dev/null | cut -d: -f1 | sort -u \
      > packages.txt && \
    echo ca-certificates >> packages.txt && \
    echo tzdata >> packages.txt && \
    xargs -I{} cp -L --parents /usr/share/doc/{}/copyright /root-fs < packages.txt

FROM ${RUNTIME_BASE}
COPY --from=builder /root-fs/ /
USER 65532:65532
EXPOSE 8080 8081
LABEL org.opencontainers.image.title=kaizen org.opencontainers.image.licenses=Apache-2.0
ENTRYPOINT ["/kaizen", "operator"]
