mkdir -p -m 0700 one/x/y; echo 1 > one/x/y/f
tar --mtime=@1500000000 --owner=5 --group=6 -C one -cf "$EXTRA/one.tar" x/y/f; rm -r one
