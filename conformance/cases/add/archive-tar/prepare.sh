mkdir d && echo 1 > d/one && ln d/one d/two && ln -s one d/three && chmod 640 d/one
tar --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -cf a.tar d
rm -r d
