ln -s d l
