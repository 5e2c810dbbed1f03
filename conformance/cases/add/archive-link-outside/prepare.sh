mkdir in && echo 1 > in/f && ln in/f in/h
tar -P --owner=1 --group=2 --transform='s,^f$,../f,RSh' -C in -cf a.tar f h
rm -r in
