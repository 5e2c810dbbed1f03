FROM debian AS common
RUN apt-get update
FROM common AS left
RUN left
FROM common AS right
RUN right
FROM debian AS unused
RUN never
FROM common AS join
COPY --from=left /l /l
COPY --from=2 /r /r
COPY --from=busybox /bin/sh /sh
RUN --mount=from=right,source=/r,target=/mnt/r,rw --mount=type=tmpfs,target=/mnt cat /mnt/r
