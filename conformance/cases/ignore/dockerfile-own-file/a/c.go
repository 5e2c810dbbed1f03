x of ignore/dockerfile-own-file
