FROM scratch
WORKDIR /srv
ADD --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef https://example.com/a.tar.gz /dl/
ADD --keep-git-dir=true https://example.com/r.git#v1:docs docs
ADD --unpack=false --chmod=u=rwX,go=rX rootfs.tar /
ADD rootfs.tar.xz extra ./
COPY --link --parents --exclude=*.debug src/./lib/*.so /opt
VOLUME /data
STOPSIGNAL SIGQUIT
