mkdir in && echo 1 > in/a && ln in/a in/b && ln -s a in/l && ln in/l in/m && mkfifo in/p && ln in/p in/q
tar --owner=1 --group=2 --mode=4755 --mtime=@1500000000 -C in -cf a.tar a b l m p q
tar --owner=5 --group=6 --mode=600 --mtime=@1500000009 -C in -cf b.tar a b l m p q
tar --delete -f a.tar b m q
tar --delete -f b.tar a l p
tar -Af a.tar b.tar
rm -r in b.tar
