x of ignore/dockerfile-hidden
