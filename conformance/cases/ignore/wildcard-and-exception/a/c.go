x of ignore/wildcard-and-exception
