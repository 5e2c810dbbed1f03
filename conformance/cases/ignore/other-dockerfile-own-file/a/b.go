x of ignore/other-dockerfile-own-file
