echo 1 > f && tar --owner=5 --group=6 --mtime=@1500000000 -cf a.tar f
