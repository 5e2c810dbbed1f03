mkdir in && echo 1 > in/f
for f in v7 ustar gnu pax; do tar --format=$f --numeric-owner --owner=5 --group=6 --mtime=@1500000000 -C in -cf $f.tar f; done
long=$(printf 'n%.0s' $(seq 150)); echo long > in/$long
for f in gnu pax; do tar --format=$f --numeric-owner --owner=5000000 --group=6 --mtime=@1500000000.5 -C in -cf $f.tar f $long; done
rm -r in
