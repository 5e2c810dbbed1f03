x of ignore/wildcard-source
