mkdir -p one/d two/d; echo 1 > one/d/a; echo 5 > two/d/new; touch two/d/.wh..wh..opq
tar --mtime=@1500000000 --owner=0 --group=0 -C one -cf "$EXTRA/one.tar" d
tar --mtime=@1500000000 --owner=0 --group=0 -C two -cf "$EXTRA/two.tar" d/new d/.wh..wh..opq
rm -r one two
