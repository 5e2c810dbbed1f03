x of ignore/other-dockerfile-shared-file
