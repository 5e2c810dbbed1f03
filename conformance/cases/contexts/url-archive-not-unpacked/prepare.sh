mkdir d && echo a > d/a && tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -cf "$SERVED/f.tar" d && rm -r d
