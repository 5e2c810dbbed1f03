echo from archive > f && tar --owner=5 --group=6 --mtime=@1500000000 -cf a.tar f && rm f
