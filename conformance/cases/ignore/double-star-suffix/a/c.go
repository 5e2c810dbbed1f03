x of ignore/double-star-suffix
