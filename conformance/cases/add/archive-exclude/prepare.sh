mkdir in && echo 1 > in/one && echo 2 > in/two
tar --sort=name --owner=5 --group=6 --mtime=@1500000000 -C in -cf a.tar one two
rm -r in
