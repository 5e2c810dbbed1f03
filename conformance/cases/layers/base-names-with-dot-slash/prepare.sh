mkdir -p one/d/e; echo 1 > one/d/a; echo 2 > one/d/e/b
tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C one -cf "$EXTRA/one.tar" ./d; rm -r one
