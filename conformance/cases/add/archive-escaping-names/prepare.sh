echo 1 > f && tar -P --owner=5 --group=6 --mtime=@1500000000 --transform 's,^f,../../up/f,' -cf a.tar f
