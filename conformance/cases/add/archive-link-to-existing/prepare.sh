echo 1 > f && chmod 644 f && ln -s f s && ln f h && ln s z && touch -hd @1400000000 f s
tar --numeric-owner --owner=1 --group=2 --mtime=@1400000000 -cf same.tar f h
tar --numeric-owner --owner=5 --group=6 --mode=600 --mtime=@1500000000 -cf other.tar f h s z
tar --delete -f same.tar f
tar --delete -f other.tar f s
rm h z
