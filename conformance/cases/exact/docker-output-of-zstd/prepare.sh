mkdir t; echo out-zstd > t/x; tar --sort=name --mtime=@1400000000 --owner=0 --group=0 -C t -cf "$EXTRA/l.tar" x; rm -r t
