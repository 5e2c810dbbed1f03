x of ignore/double-star-end
