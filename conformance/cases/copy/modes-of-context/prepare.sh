chmod 4755 d/f
chmod 2750 d/s
chmod 1777 d
chmod 0400 x
