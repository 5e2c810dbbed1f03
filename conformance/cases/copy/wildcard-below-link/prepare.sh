ln -s d l
ln -s s d/m
