mkdir in && cd in
mkfifo -m 640 pipe && mknod null c 1 3 && mknod loop b 7 5 && chmod 6751 pipe
touch .wh.gone .wh..wh..opq 'with space' 'ünï' -- '-dash'
ln -s '' empty 2>/dev/null || ln -s x empty
ln -s ../../../../etc/passwd out
chown 70000:80000 null
tar --sort=name --numeric-owner --mtime=@1500000000 -cf ../a.tar .
cd .. && rm -r in
