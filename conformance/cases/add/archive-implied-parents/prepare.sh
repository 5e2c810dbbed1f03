mkdir -p in/etc/deep/er && echo 1 > in/etc/deep/er/f
tar --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar --no-recursion etc/deep/er/f
rm -r in
