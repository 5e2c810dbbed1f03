mkdir -p in/d && echo 1 > in/d/one
tar --owner=5 --group=6 --mtime=@1500000000 -C in -cjf a d
rm -r in
