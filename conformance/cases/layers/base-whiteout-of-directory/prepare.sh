mkdir -p one/d/sub/x one/d/g two/d; echo 1 > one/d/sub/x/a; echo 2 > one/d/f; echo 3 > one/d/g/h
touch two/d/.wh.sub; mkdir two/d/f
tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C one -cf "$EXTRA/one.tar" d
tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C two -cf "$EXTRA/two.tar" d
rm -r one two
