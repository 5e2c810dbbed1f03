x of ignore/star-in-middle
