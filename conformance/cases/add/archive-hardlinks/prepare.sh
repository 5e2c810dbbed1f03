mkdir -p in/a in/b && echo 1 > in/a/one && ln in/a/one in/b/two && ln in/a/one in/a/three
tar --sort=name --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar a b
rm -r in
