mkdir -p in/d/e && echo 1 > in/d/one
tar --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar d
rm -r in
