mkdir -p z/y && tar --owner=7 --group=8 --mtime=@1500000000 -cf a.tar z x && rm -r z
