chmod 4751 x
chmod 7771 d/f
chmod 7640 d/s
chmod 0624 d/s/g
