head -c 5000 /dev/zero | tr '\0' x > f && tar --mtime=@1500000000 -cf whole.tar f && head -c 2000 whole.tar > half.tar
