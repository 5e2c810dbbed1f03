# escape=`
FROM busybox
MAINTAINER Someone <someone@example.com>
ENV OLD a value
ENV PATHS C:\a`
 more
WORKDIR work
WORKDIR sub
EXPOSE 80/TCP 9000-9001
EXPOSE 127.0.0.1:53:53/udp
ENTRYPOINT run it
CMD first
CMD second
USER nobody
