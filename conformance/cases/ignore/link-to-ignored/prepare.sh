ln -s a/d l; ln -s foo k
