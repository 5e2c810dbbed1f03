mkdir -p o/d/sub && echo 1 > o/d/one && echo 2 > o/d/sub/two && tar --sort=name --mtime=@1500000000 -C o -cf "$EXTRA/one.tar" d
mkdir -p p/d && touch p/d/.wh..wh..opq && echo 3 > p/d/three && tar --sort=name --mtime=@1500000000 -C p -cf "$EXTRA/two.tar" d
rm -r o p
