ln -s a/d l
