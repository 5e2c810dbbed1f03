mkdir -p in/sub && echo 1 > in/f && chmod 711 in && chown 3:4 in
tar --sort=name --numeric-owner --mtime=@1500000000 -C in -cf a.tar .
rm -r in
