for n in a b; do mkdir d && echo $n > d/$n && echo $n > d/both && tar --owner=5 --group=6 --mtime=@1500000000 -cf $n.tar d && rm -r d; done
