mkdir in && echo 1 > in/f && ln -s f in/l
tar --sort=name --owner=5 --group=6 --mode=0640 --mtime=@1500000000 -C in -cf a.tar f l
rm -r in
