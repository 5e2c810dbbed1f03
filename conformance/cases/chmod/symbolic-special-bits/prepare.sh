chmod 7755 d/f
chmod 6711 d/s/g
chmod 7770 d/s
