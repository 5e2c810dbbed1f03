x of ignore/bad-class
