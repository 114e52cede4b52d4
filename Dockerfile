# Millrace and the demo's feeder. The build stage uses the very script that people use; the image holds the two programs, the
# libraries they are linked with, and nothing else.
ARG BASE=debian:12

FROM ${BASE} AS build
WORKDIR /src
COPY . .
RUN ./dev build \
 && xz -dc demo/data/online-retail.csv.xz >/online-retail.csv \
 && install -D -t /out build/release/app/millrace build/release/demo/millrace-demo \
 && strip /out/* \
 && ldd /out/* | awk '/=> \// { print $3 }' | xargs -n1 basename | sort -u \
    | while read -r library; do dpkg -S "*/$library" | cut -d: -f1; done | sort -u >/out/packages \
 && cat /out/packages

FROM ${BASE}
COPY --from=build /out/packages /usr/share/millrace/packages
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive xargs -a /usr/share/millrace/packages apt-get install -y -qq --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 millrace \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/millrace --no-create-home --shell /usr/sbin/nologin millrace \
 && install -d -o millrace -g millrace -m 0750 /var/lib/millrace
COPY --from=build /online-retail.csv /src/demo/data/README.md /usr/share/millrace/
COPY --from=build /out/millrace /out/millrace-demo /usr/local/bin/
COPY deploy/millrace.toml /etc/millrace/millrace.toml
USER 10001:10001
VOLUME /var/lib/millrace
EXPOSE 9464
STOPSIGNAL SIGTERM
# The base image has no HTTP client, but its bash opens sockets.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=6 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /livez HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["millrace"]
CMD ["run", "--config", "/etc/millrace/millrace.toml"]
