ln -s f d/l1
ln -s s d/l2
ln -s d l
