echo one > a && ln a b && tar --owner=1 --group=2 --mtime=@1500000000 -cf a.tar a b
rm a && echo two > a && tar --owner=1 --group=2 --mtime=@1500000000 -rf a.tar a
rm a b
