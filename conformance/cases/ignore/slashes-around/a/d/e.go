x of ignore/slashes-around
