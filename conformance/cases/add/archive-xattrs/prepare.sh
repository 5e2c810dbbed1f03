echo 1 > f && setcap cap_net_raw+ep f && tar --xattrs --xattrs-include='*' --owner=5 --group=6 --mtime=@1500000000 -cf a.tar f && rm f
