mkdir -p one/d/dir two/d; cd one/d; echo 1 > file; ln -s nowhere l; echo x > dir/x; mkfifo p; cd ../../two/d; mkdir file; echo now a file > l; ln -s file dir; echo p > p; cd ../..
for l in one two; do tar --sort=name --mtime=@1500000000 --owner=0 --group=0 -C $l -cf "$EXTRA/$l.tar" d; done; rm -r one two
