chmod 0700 docs; chmod 0711 docs/s; touch -d @1500000000 docs docs/s
