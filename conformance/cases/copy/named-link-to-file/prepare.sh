ln -s x l
ln -s l chain
ln -s /d/f abs
