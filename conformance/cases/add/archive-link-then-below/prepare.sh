mkdir in && ln -s /etc in/l && tar --mtime=@1500000000 -C in -cf a.tar l
rm in/l && mkdir in/l && echo 1 > in/l/f && tar --mtime=@1500000000 -C in -rf a.tar --no-recursion l/f
rm -r in
