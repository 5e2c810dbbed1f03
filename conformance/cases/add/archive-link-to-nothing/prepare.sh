mkdir in && echo 1 > in/f && ln in/f in/h
tar --owner=1 --group=2 -C in -cf a.tar f h
tar --delete -f a.tar f
rm -r in
