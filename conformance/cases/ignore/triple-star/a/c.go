x of ignore/triple-star
