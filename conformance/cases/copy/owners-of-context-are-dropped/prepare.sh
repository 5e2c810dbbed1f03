chown -R 12:34 d x
