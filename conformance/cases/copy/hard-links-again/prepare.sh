mkdir -p d/s && echo 1 > d/one && ln d/one d/two && ln d/one d/s/three
tar --sort=name --owner=5 --group=6 --mtime=@1500000000 -cf a.tar d
