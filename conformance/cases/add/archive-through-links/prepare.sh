mkdir -p in/abs in/sub/rel in/up && echo 1 > in/abs/one && echo 2 > in/sub/rel/two && echo 3 > in/up/three
tar --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar --no-recursion abs/one sub/rel/two up/three
rm -r in
