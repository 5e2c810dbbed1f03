mkdir -p one/d/s one/e two/d two/e; echo 1 > one/d/a; echo 2 > one/d/s/b; echo 3 > one/e/c; echo 4 > one/e/d
touch two/d/.wh..wh..opq two/e/.wh.c; echo 5 > two/d/new
for l in one two; do tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C $l -cf "$EXTRA/$l.tar" d e; done; rm -r one two
