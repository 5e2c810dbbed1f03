ln -s d l; ln -s ../../../d/f k
