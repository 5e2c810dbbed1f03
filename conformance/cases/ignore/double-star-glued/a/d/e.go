x of ignore/double-star-glued
