mkdir -p one/d/sub; cd one/d; echo 1 > a; ln a hard; echo s > s; chmod 4750 s; chmod 2775 sub; ln -s a link; cd ../..
tar --sort=name --mtime=@1500000000 --owner=12 --group=34 --numeric-owner -C one -cf "$EXTRA/one.tar" d; rm -r one
