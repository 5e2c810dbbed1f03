mkdir -p "$EXTRA/lay/blobs/sha256" t; echo hello > t/f
put() { d=$(sha256sum "$1" | cut -d" " -f1); cp "$1" "$EXTRA/lay/blobs/sha256/$d"; echo "$d"; }
tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C t -cf l.tar f
L=$(put l.tar)
printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin","L=1"],"Labels":{"from":"layout"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"2020-01-01T00:00:00Z","created_by":"layout"}]}' "$L" > c.json
C=$(put c.json)
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%d},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%d}]}' "$C" $(stat -c %s c.json) "$L" $(stat -c %s l.tar) > m.json
M=$(put m.json)
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,"annotations":{"org.opencontainers.image.ref.name":"one"}}]}' "$M" $(stat -c %s m.json) > "$EXTRA/lay/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' > "$EXTRA/lay/oci-layout"; rm -r t l.tar c.json m.json
