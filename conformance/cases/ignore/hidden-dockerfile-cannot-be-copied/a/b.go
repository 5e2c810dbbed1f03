x of ignore/hidden-dockerfile-cannot-be-copied
