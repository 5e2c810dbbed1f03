mkdir d; echo 1 > d/a; ln d/a d/b; ln -s a d/l; chmod 4750 d/a; tar --sort=name --mtime=@1400000000 --owner=5 --group=6 -cf a.tar d; rm -r d
