chmod 4650 x
