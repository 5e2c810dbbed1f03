ln -s x l
