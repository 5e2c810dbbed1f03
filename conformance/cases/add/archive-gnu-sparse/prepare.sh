mkdir in && truncate -s 200000 in/hole && echo end >> in/hole && tar --format=gnu -S --mtime=@1500000000 -C in -cf sparse.tar hole
rm -r in
