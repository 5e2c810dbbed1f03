ln -s f d/l
ln -s nowhere d/dangling
ln -s x l
