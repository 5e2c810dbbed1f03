ln -s g d/s/m
