mkdir -p e f g/h; rm -f f/x
