x of ignore/stars-by-two-levels
