mkdir d && echo 1 > d/one
tar --sort=name --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -cf a.tar d
cp a.tar b.tar
rm -r d
