ln -s d l
ln -s /d/s abs
