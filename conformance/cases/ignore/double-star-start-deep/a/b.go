x of ignore/double-star-start-deep
