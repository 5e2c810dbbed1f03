x of ignore/stars-by-level
