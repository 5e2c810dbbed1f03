mkdir -p in/d && echo 1 > in/d/one && ln -s one in/d/link && mkfifo in/d/pipe && chmod 2755 in/d
tar --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -C in -czf a.tar.gz d
rm -r in
