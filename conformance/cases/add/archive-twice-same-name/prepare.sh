echo 1 > f && tar --owner=5 --group=6 --mtime=@1500000000 -cf a.tar f
echo second > f && chmod 600 f && tar --owner=7 --group=8 --mtime=@1500000001 -rf a.tar f
rm f
