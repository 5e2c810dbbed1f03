chmod 4755 x
