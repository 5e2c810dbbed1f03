mkdir -p d && echo 1 > d/z && ln d/z d/a && ln d/z d/b
tar --owner=5 --group=6 --mtime=@1500000000 -cf a.tar d/z d/b d/a
