mkdir -p in/etc/deep/er in/g/e/f && echo 1 > in/etc/deep/er/f && echo 2 > in/g/e/f/h && chmod 2755 in/g
tar --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar --no-recursion etc/deep/er/f
tar --owner=5 --group=6 --mtime=@1500000000 -C in -cf b.tar --no-recursion g g/e/f/h
rm -r in
