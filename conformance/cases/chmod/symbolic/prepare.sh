chmod 0666 d/f
chmod 0740 d/s/g
chmod 0773 d/s
