ln -s f d/rel
ln -s /x d/abs
ln -s nowhere d/dangling
ln -s s d/dir
ln -s ../../../.. d/up
