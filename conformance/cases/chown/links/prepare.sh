ln -s f d/l
ln -s x l
