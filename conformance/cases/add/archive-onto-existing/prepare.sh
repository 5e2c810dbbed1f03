mkdir -p in/d/s && echo new > in/d/one && echo l > in/d/l && chmod 711 in/d
tar --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar d
rm -r in
